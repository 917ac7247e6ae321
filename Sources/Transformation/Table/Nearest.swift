/// Suggestions for misspelt names.
enum Nearest {
  /// `, did you mean 'x'?` for the name within two edits of `name`, else nothing.
  static func hint(_ name: String, among names: [String]) -> String {
    let limit = name.utf8.count < 4 ? 1 : 2
    var best: (distance: Int, name: String)?
    for other in names {
      let distance = edits(Array(name.utf8.prefix(64)), Array(other.utf8.prefix(64)))
      guard distance > 0, distance <= limit else { continue }
      if let current = best, (current.distance, current.name) <= (distance, other) { continue }
      best = (distance, other)
    }
    return best.map { ", did you mean '\($0.name)'?" } ?? ""
  }

  /// Levenshtein's distance.
  private static func edits(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var row = Array(0...b.count)
    for (i, byte) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in b.enumerated() {
        let above = row[j + 1]
        row[j + 1] = min(diagonal + (byte == other ? 0 : 1), above + 1, row[j] + 1)
        diagonal = above
      }
    }
    return row[b.count]
  }
}
