import EventLoop
import Sandbox
import TestLoop
import Testing
import Transformation

@Suite(.serialized) struct RunTests {
  private static let head = """
    transform {
      input  = table_in { columns = { a = "int", b = "string" } },
      output = table_out { add = { c = "float" } },
    }

    """

  @Test func aRowPassesWithItsAddedColumn() async throws {
    let script = Self.head + "function row(r) r.c = r.a / 2 return r end"
    let (text, report) = try await Bench(script).run("a,x,b\n1,7.10,\"p,q\"\n+3,\" \",\n")
    #expect(text == "a,x,b,c\n1,7.10,\"p,q\",0.5\n+3,\" \",,1.5\n")
    #expect(report.totals.rowsIn == 2 && report.totals.rowsOut == 2 && report.totals.bytesOut == text.utf8.count)
    #expect(report.walls.contains(.seccomp) && report.engine.hasPrefix("demarc-lua/1 lua/5.4.4 "))
  }

  @Test func nilDropsAndAListGivesMany() async throws {
    let script =
      Self.head + """
        function row(r)
          if r.a == 1 then return nil end
          if r.a == 2 then return { r, { a = 20, b = 'x"y' } } end
          if r.a == 3 then return {} end
          return { a = r.a, b = r.b, c = 1 }
        end
        """
    let (text, _) = try await Bench(script).run("a,b,z\n1,p,q\n2,p,q\n3,p,q\n4,,q\n")
    #expect(text == "a,b,z,c\n2,p,q,\n20,\"x\"\"y\",q,\n4,,q,1.0\n")
  }

  @Test func lineEndsFollowTheHeaderAndTheMarkIsDropped() async throws {
    let script = Self.head + "function row(r) return r end"
    #expect(try await Bench(script).run("\u{FEFF}a,b\r\n1,x\r\n2,y").text == "a,b,c\r\n1,x,\r\n2,y,\r\n")
    #expect(try await Bench(script).run("a,b").text == "a,b,c\n")
    #expect(try await Bench(script).run("a,b\n\n1,2\n\n").text == "a,b,c\n1,2,\n")
  }

  @Test func exactColumnsComeInTheirOrder() async throws {
    let script = """
      transform {
        input = table_in { columns = { b = "string" }, missing = "NA" },
        output = table_out { columns = { { "b", "string" }, { "n", "int" }, { "a", "string" } }, missing = "-" },
      }
      function row(r) return { { b = r.b, n = r.b and #r.b } } end
      """
    #expect(try await Bench(script).run("a,b\n\"1\",NA\n2,xyz\n").text == "b,n,a\nNA,-,\"1\"\nxyz,3,2\n")
  }

  @Test func parametersLogsAndCounters() async throws {
    var bench = Bench(
      """
      transform {
        input = table_in { columns = { a = "int" } }, output = table_out { drop = "b" },
        params = { least = { "int", default = 2 }, tag = "string" },
      }
      log.info("tag", params.tag)
      function row(r)
        counter("seen")
        if r.a < params.least then log.warn("small", r.a) return nil end
        return r
      end
      """)
    bench.parameters = [Binding.Given(name: "tag", value: "t")]
    let (text, report) = try await bench.run("a,b\n1,x\n2,y\n")
    #expect(text == "a\n2\n")
    #expect(report.counters == [PieceEnd.Count(name: "seen", value: 2)])
    #expect(report.logs.map(\.text) == ["tag\tt", "small\t1"])
    bench.parameters = []
    #expect(await bench.failure("a,b\n")?.message.contains("'tag' (string) is required") == true)
    bench.parameters = [Binding.Given(name: "tga", value: "t")]
    #expect(await bench.failure("a,b\n")?.message.contains("no parameter 'tga'") == true)
    bench.parameters = [Binding.Given(name: "tag", value: "t"), Binding.Given(name: "least", value: "x")]
    #expect(await bench.failure("a,b\n")?.message.contains("'least' is not of type int") == true)
  }

  @Test(arguments: [
    ("a,b\n1\n", "1 cells where the header has 2", 2, "b" as String?, nil as String?),
    ("a,b\n1,2\n1,2,3\n", "3 cells where the header has 2", 3, "b", nil),
    ("a,b\n1,\"x\n\n\n", "a quote that is never closed", 2, "b", "\"x   "),
    ("a,b\n1,\"x\ny\"z\n", "text after the closing quote", 3, "b", nil),
    ("a,b\n1,x\"y\n", "a quote inside an unquoted cell", 2, "b", "x"),
    ("a,b\n1,x\0y\n", "a NUL byte", 2, "b", "x"),
    ("a,b\n1,x\ry\n", "a carriage return without a line feed", 2, "b", "x"),
    ("a,b\n\n1,\"\n\"\n1x2,y\n", "not an int", 5, "a", "9x9"),
    ("a,b\n9223372036854775808,y\n", "an int that does not fit 64 bits", 2, "a", "9999999999999999999"),
  ])
  func badTablesNameLineAndColumn(
    input: String, message: String, line: Int, column: String?, masked: String?
  ) async throws {
    let script = Self.head + "function row(r) return r end"
    let failure = try #require(await Bench(script).failure(input))
    #expect(failure.kind == .invalid && failure.message.contains(message), "\(failure)")
    #expect(failure.inputLine == line && failure.column == column)
    if let masked { #expect(failure.masked == masked) }
  }

  @Test func badHeadersAreRefused() async throws {
    let script = Self.head + "function row(r) return r end"
    for (input, message) in [
      ("", "the input is empty"), ("\n1\n", "the input is empty"), ("a,a\n", "'a' twice"),
      ("b,aa\n", "did you mean 'aa'"),
      ("a,\"b\n", "never closed"), ("a,b,c\n", "'c', which the input has already"),
    ] {
      let failure = try #require(await Bench(script).failure(input))
      #expect(failure.kind == .invalid && failure.message.contains(message), "\(failure)")
    }
  }

  @Test func badCellsMayBeNullOrDropped() async throws {
    for (choice, expected, cells, rows) in [("null", "a,n\n,true\n2,\n", 1, 0), ("drop", "a,n\n2,\n", 0, 1)] {
      let script = """
        transform { input = table_in { columns = { a = "int" }, on_bad = "\(choice)" },
          output = table_out { columns = { { "a", "int" }, { "n", "bool" } } } }
        function row(r) return { a = r.a, n = (r.a == nil) or nil } end
        """
      let (text, report) = try await Bench(script).run("a\nx\n2\n")
      #expect(text == expected && report.badCells == cells && report.badRows == rows)
    }
  }

  @Test func failuresOfLaterPiecesCountFromTheStart() async throws {
    var bench = Bench(
      """
      transform { input = table_in { columns = { id = "int", value = "float" } }, output = table_out {} }
      function row(r)
        if r.id == 150000 then
          error("stop here")
        end
        return r
      end
      """)
    let input = table(rows: 200_000)
    for workers in 1...3 {
      bench.workers = workers
      do throws(RunFailure) {
        _ = try await bench.run(input)
        Issue.record("the run must fail")
      } catch {
        #expect(error.kind == .script && error.row == 150_000 && error.scriptLine == 4 && error.message == "stop here")
      }
    }
  }

  /// By then row() has returned: it is told by the line where it begins.
  @Test(arguments: ["5", "{ 5 }", "{ nope = 5 }", "{ c = 'x' }", "{ c = {} }"])
  func aWrongResultNamesTheLineOfRow(_ result: String) async {
    let failure = await Bench(Self.head + "-- a remark\nfunction row(r)\n  return \(result)\nend").failure("a,b\n1,2\n")
    #expect(failure?.kind == .script && failure?.scriptLine == 6 && failure?.row == 1, "\(String(describing: failure))")
  }

  @Test func cancellingKillsWithinTwoTenthsOfASecond() async throws {
    try await withNoLeakedHandles {
      let bench = Bench(Self.head + "function row(r) while true do end end")
      let task = Task { await bench.failure("a,b\n1,2\n") }
      while true {  // until the worker runs
        if try await EventLoop.offload({ () throws(CancellationError) in true }) { break }
      }
      try await EventLoop.sleep(for: .milliseconds(50))
      let start = EventLoop.bootTime()
      task.cancel()
      #expect(await task.value?.kind == .cancelled)
      #expect(EventLoop.bootTime() - start < .milliseconds(200))
    }
  }

  @Test func theWallClockEndsARun() async throws {
    await withNoLeakedHandles {
      var bench = Bench(Self.head + "function row(r) while true do end end")
      bench.limits.wall = .milliseconds(100)
      #expect(await bench.failure("a,b\n1,2\n")?.kind == .time)
    }
  }

  @Test func aSinkThatFailsEndsTheRun() async throws {
    struct Full: Error {}
    await withNoLeakedHandles {
      let plan = Bench("transform { input = table_in {}, output = table_out {} } function row(r) return r end").plan
      let input = table(rows: 300_000)
      var calls = 0
      do throws(RunFailure) {
        _ = try await Sandbox.run(
          plan, input: { _, offset, count in Array(input[Int(offset)..<min(Int(offset) + count, input.count)]) },
          output: { _, _ in
            calls += 1
            if calls > 3 { throw Full() }
          })
        Issue.record("the run must fail")
      } catch {
        #expect(error.kind == .transfer && error.cause is Full)
      }
    }
  }

  @Test func aLoadedScriptServesOneRun() async throws {
    let bench = Bench(Self.head + "function row(r) r.c = r.a return r end")
    let loaded = try await Sandbox.load(bench.plan.script)
    #expect(loaded.declaration.inputs.first?.columns.map(\.name) == ["a", "b"])
    func run(_ plan: RunPlan) async -> Result<Int, RunFailure> {
      do throws(RunFailure) {
        let read = { @MainActor (_: String, offset: Int64, _: Int) in offset == 0 ? Array("a,b\n1,2\n".utf8) : [] }
        return .success(
          try await Sandbox.run(plan, from: loaded, input: read, output: { _, _ in }).totals.rowsOut)
      } catch { return .failure(error) }
    }
    var other = bench.plan
    other.limits.memory /= 2
    for (plan, works) in [(other, false), (bench.plan, true), (bench.plan, false)] {
      switch await run(plan) {
      case .success(let rows): #expect(works && rows == 1)
      case .failure(let failure): #expect(!works && failure.kind == .internal)
      }
    }
  }

  /// Whoever reads the declaration relies on it: it must not change with what the run is given later.
  @Test func declarationsDoNotDependOnTheRun() async throws {
    let bench = Bench(
      """
      transform {
        input = table_in { columns = {} }, output = table_out {},
        params = { draw = { "int", default = random(1 << 40) } },
      }
      function row(r) return r end
      """)
    let failure = await bench.failure("a\n1\n")
    #expect(failure?.kind == .script)
    #expect(failure?.message.contains("declares the same each time") == true, "\(String(describing: failure))")
  }

  @Test func inspectReadsTheDeclaration() async throws {
    let declaration = try await Sandbox.inspect(Script(source: Array((Self.head + "function row(r) end").utf8)))
    #expect(declaration.inputs.first?.columns.map(\.name) == ["a", "b"])
    #expect(declaration.outputs.first?.shape == .adding([Column(name: "c", type: .float)], dropping: []))
  }
}
