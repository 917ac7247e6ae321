/// What a dispatcher keeps, in bytes.
enum DispatchLimits {
  /// All remembered answers with their questions.
  static let rememberedBytes = 4 << 20
  /// One of them. A larger one costs more to send than to make again.
  static let rememberedAnswerBytes = 64 << 10
  /// What one takes besides its bytes, about.
  static let rememberedOverhead = 128
}
