// What a store does on a disk without room: it starts, which needs no write or the reserve, it is read, and it takes
// what takes rights away. All else is refused with `.full` before it has written anything, until there is room again.

nonisolated extension Writer {
  /// Does each of `batch`, or refuses it alone; throws if the disk or the catalog fails, and then none is done. On a full
  /// disk those that may use the reserve are done, and the others are refused.
  func commit(_ batch: [Changes]) throws -> [Result<Receipt, StoreError>] {
    do {
      try reserve.fill()
      return try commit(batch, leavingContent: false)
    } catch {
      guard case .full = StoreError(error), batch.contains(where: \.usesReserve) else { throw error }
      return try commitOnFullDisk(batch)
    }
  }

  private func commitOnFullDisk(_ batch: [Changes]) throws -> [Result<Receipt, StoreError>] {
    let urgent = batch.filter(\.usesReserve)
    var outcomes: [Result<Receipt, StoreError>] = try reserve.use { try commit(urgent, leavingContent: true) }
    outcomes.reverse()
    return batch.map { $0.usesReserve ? outcomes.popLast() ?? .failure(.full) : .failure(.full) }
  }
}
