import EventLoop
import Sandbox
import TestLoop
import Testing

/// The same script, input and parameters give the same bytes, whatever surrounds the worker.
@Suite(.serialized) struct DeterminismTests {
  /// Touches everything that varies in stock Lua: table order, addresses, random numbers, sorting of equals,
  /// mathematics, the text of numbers, holes.
  private let script = """
    transform {
      input = table_in { columns = { id = "int", name = "string", value = "float" } },
      output = table_out { add = { { "n", "float" }, { "t", "string" } } },
    }
    local function keys(t)
      local out = {}
      for k, v in pairs(t) do out[#out + 1] = k .. "=" .. tostring(v) end
      return table.concat(out, " ")
    end
    function row(r)
      if r.id % 5 == 0 then return nil end
      local t = { [r.name] = r.id, a = {}, z = print, [r.id] = 1, [1.5] = 2 }
      local list = {}
      for i = 1, 20 do list[i] = { i, (i * r.id) % 3 } end
      table.sort(list, function(a, b) return a[2] < b[2] end)
      local order = {}
      for i, e in ipairs(list) do order[i] = e[1] end
      r.n = math.sin(r.value) ^ 3 + math.exp(-r.value / 100) + random()
      r.t = keys(t) .. "|" .. table.concat(order, ",") .. "|" .. tostring(0/0) .. random(100) .. "|" .. #{ 1, nil, 3 }
      return r
    end
    """

  @Test func twentyRepetitionsOneToThreeWorkersAnyArrival() async throws {
    var bench = Bench(script)
    let input = table(rows: 40_000)
    var first: [UInt8]?
    for repetition in 0..<20 {
      bench.workers = repetition % 3 + 1
      bench.readBytes = [1 << 20, 4096, 77_777][repetition % 3]
      let (output, report) = try await bench.run(input)
      #expect(report.totals.rowsIn == 40_000 && report.totals.pieces > 0)
      if let first { #expect(output == first, "repetition \(repetition)") } else { first = output }
    }
  }

  /// Frames straight to workers that were started in different environments.
  @Test func theEnvironmentOfTheWorkerDoesNotMatter() async throws {
    let input = table(rows: 3000)
    var first: [UInt8]?
    for environment in [
      [:], ["LC_ALL": "de_DE.UTF-8", "LANG": "tr_TR"], ["TZ": "Asia/Tokyo"],
      ["GLIBC_TUNABLES": "glibc.cpu.hwcaps=-FMA"],
      ["GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX"], ["MALLOC_ARENA_MAX": "1", "LUA_INIT": "os.exit(1)"],
      ["PADDING": String(repeating: "x", count: 100_000)], ["LUA_PATH": "/tmp/?.lua", "HOME": "/nonexistent"],
    ] as [[String: String]] {
      let output = try await Bench(script).raw(input, environment: environment)
      #expect(output.count > 1000)
      if let first { #expect(output == first, "\(environment.keys.sorted())") } else { first = output }
    }
  }
}
