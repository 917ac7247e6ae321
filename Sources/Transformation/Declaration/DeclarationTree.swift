/// A Lua value as data: what `transform { … }` was given.
///
/// Bytes (integers little-endian), read strictly because they come from an untrusted process:
///
///     'n' | 't' | 'f'              nil, true, false
///     'i' int64 · 'd' binary64     numbers
///     's' uint32 bytes             a string, UTF-8
///     'm' uint32 (key value)…      a table
package indirect enum DeclarationTree: Sendable, Equatable {
  case none
  case bool(Bool)
  case int(Int64)
  case float(Double)
  case string(String)
  case table([Field])

  /// A key and its value, in the order of `pairs`.
  package struct Field: Sendable, Equatable {
    package let key: DeclarationTree
    package let value: DeclarationTree

    package init(key: DeclarationTree, value: DeclarationTree) {
      self.key = key
      self.value = value
    }
  }

  /// Reads the whole of `bytes`; anything malformed, too deep or too large is a problem.
  package init(_ bytes: ArraySlice<UInt8>) throws(DeclarationProblem) {
    var reader = PayloadReader(bytes)
    var values = 0
    guard let tree = Self.read(&reader, depth: 0, values: &values), reader.isAtEnd else {
      throw DeclarationProblem("the declaration could not be read")
    }
    self = tree
  }

  private static func read(_ reader: inout PayloadReader, depth: Int, values: inout Int) -> DeclarationTree? {
    values += 1
    guard values <= TransformationLimits.declarationValues, depth <= TransformationLimits.declarationDepth,
      let tag = reader.byte()
    else { return nil }
    switch tag {
    case UInt8(ascii: "n"): return DeclarationTree.none
    case UInt8(ascii: "t"): return .bool(true)
    case UInt8(ascii: "f"): return .bool(false)
    case UInt8(ascii: "i"): return reader.word().map { .int(Int64(bitPattern: $0)) }
    case UInt8(ascii: "d"): return reader.word().map { .float(Double(bitPattern: $0)) }
    case UInt8(ascii: "s"): return reader.string().map { .string($0) }
    case UInt8(ascii: "m"):
      guard let count = reader.count(), count <= TransformationLimits.declarationValues else { return nil }
      var fields: [Field] = []
      for _ in 0..<count {
        guard let key = read(&reader, depth: depth + 1, values: &values),
          let value = read(&reader, depth: depth + 1, values: &values)
        else { return nil }
        fields.append(Field(key: key, value: value))
      }
      return .table(fields)
    default: return nil
    }
  }

  /// The fields of a table with string keys, which are names.
  func named(_ what: String) throws(DeclarationProblem) -> [(name: String, value: DeclarationTree)] {
    guard case .table(let fields) = self else { throw DeclarationProblem("\(what) must be a table") }
    var result: [(name: String, value: DeclarationTree)] = []
    for field in fields {
      guard case .string(let name) = field.key else {
        throw DeclarationProblem("\(what) must have names as keys, as in { name = … }")
      }
      result.append((name, field.value))
    }
    return result
  }

  /// The elements of a list (keys 1, 2, 3 …), or nil if it is not one.
  var list: [DeclarationTree]? {
    guard case .table(let fields) = self else { return nil }
    var result: [DeclarationTree] = []
    for (index, field) in fields.enumerated() {
      guard field.key == .int(Int64(index) + 1) else { return nil }
      result.append(field.value)
    }
    return result
  }

  /// The text of a string.
  var text: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }
}
