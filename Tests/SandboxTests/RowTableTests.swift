import Sandbox
import Testing

/// Rows are written and read as memory: whatever a script may do with a table must come out as Lua's functions say.
@Suite struct RowTableTests {
  private static let head = """
    transform {
      input  = table_in { columns = { a = "int", b = "string", c = "float", d = "bool" } },
      output = table_out { add = { e = "string", f = "int" } },
    }

    """

  @Test func everyKindOfCellArrivesAndMissingOnesAreNil() async throws {
    let bench = Bench(
      Self.head + """
        function row(r)
          local keys = {}
          for k, v in pairs(r) do keys[#keys + 1] = k .. "=" .. tostring(v) .. "/" .. (math.type(v) or type(v)) end
          r.e = table.concat(keys, ";")
          return r
        end
        """)
    let long = String(repeating: "x", count: 100)
    let (text, _) = try await bench.run("a,b,c,d\n1,s,2.5,true\n,,,\n-2,\(long),1,false\n")
    #expect(
      text == """
        a,b,c,d,e,f
        1,s,2.5,true,a=1/integer;b=s/string;c=2.5/float;d=true/boolean,
        ,,,,b=/string,
        -2,\(long),1,false,a=-2/integer;b=\(long)/string;c=1.0/float;d=false/boolean,

        """)
  }

  @Test func rowsThatAScriptKeepsStayAsTheyWere() async throws {
    let bench = Bench(
      Self.head + """
        local kept, waste = {}, nil
        function row(r)
          kept[#kept + 1] = r
          for i = 1, 20 do waste = { i, tostring(i) .. r.b, {} } end  -- something for the collector
          local old = kept[(#kept + 1) // 2]
          r.e, r.f = old.b .. tostring(old.c) .. tostring(old.d), old.a
          return r
        end
        """)
    var input = "a,b,c,d\n"
    var expected = "a,b,c,d,e,f\n"
    for row in 1...20_000 {
      let cells = "\(row),text \(row) of the row,\(row).5,\(row % 2 == 0)"
      let old = (row + 1) / 2
      input += cells + "\n"
      expected += cells + ",text \(old) of the row\(old).5\(old % 2 == 0),\(old)\n"
    }
    #expect(try await bench.run(input).text == expected)
  }

  @Test func keysMayComeAndGo() async throws {
    let bench = Bench(
      Self.head + """
        function row(r)
          for i = 1, 50 do r["x" .. i], r[i] = i, i end
          for i = 1, 50 do r["x" .. i], r[i] = nil, nil end
          r.a, r.b = nil, nil
          r.b = "again"
          return { { f = 7, b = r.b, c = r.c }, r, {} }
        end
        """)
    let (text, _) = try await bench.run("a,b,c,d\n1,s,2.5,true\n")
    #expect(text == "a,b,c,d,e,f\n,again,2.5,,,7\n,again,2.5,true,,\n,,,,,\n")
  }

  @Test(arguments: [
    ("r.g = 1 return r", "the row has a column 'g'"), ("r[2] = 1 return r", "a number as a key"),
    ("for i = 1, 9 do r['g' .. i] = i end return r", "the row has a column 'g"),
    ("return { a = 1, [true] = 2 }", "a boolean as a key"), ("r.f = {} return r", "a table"),
    ("return r.g", "unknown column 'g'"),
  ])
  func whatIsNoColumnIsRefused(body: String, message: String) async throws {
    let failure = await Bench(Self.head + "function row(r) \(body) end").failure("a,b,c,d\n1,s,2.5,true\n")
    #expect(failure?.kind == .script)
    #expect(failure?.message.contains(message) == true, "\(String(describing: failure))")
  }

  /// As many as a script may name, some with names that Lua does not intern; and a script that reads none.
  @Test func manyColumnsAndNone() async throws {
    let names = (0..<999).map { $0 % 3 == 0 ? "a column with a name of more than forty bytes \($0)" : "c\($0)" }
    let columns = names.map { "[\"\($0)\"] = \"int\"" }.joined(separator: ", ")
    let last = names[998]
    let bench = Bench(
      """
      transform {
        input  = table_in { columns = { \(columns) } },
        output = table_out { add = { total = "int" } },
      }
      function row(r)
        local total = 0
        for k, v in pairs(r) do total = total + v end
        r.total = total
        r["\(last)"] = nil
        r["\(names[0])"] = -1
        return r
      end
      """)
    let numbers = (0..<999).map(String.init)
    let sum = 999 * 998 / 2
    let (text, _) = try await bench.run(
      names.joined(separator: ",") + "\n" + numbers.joined(separator: ",") + "\n")
    let expected = ["-1"] + numbers[1..<998] + ["", String(sum)]
    #expect(text.split(separator: "\n").last == Substring(expected.joined(separator: ",")))

    let none = Bench(
      "transform { input = table_in { columns = {} }, output = table_out {} }\nfunction row(r) return r end")
    #expect(try await none.run("a\n1\n").text == "a\n1\n")
  }
}
