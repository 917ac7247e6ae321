import API

extension ContentRequest {
  /// A request as a surface would put it together.
  static func of(
    _ values: [String: String], lastEventID: String? = nil, exchange: Exchange = Exchange(reset: {})
  ) -> ContentRequest {
    ContentRequest(
      values: values, query: [:], lastEventID: lastEventID, headOnly: false,
      body: { (_) throws(Refusal) in [] }, exchange: exchange)
  }
}
