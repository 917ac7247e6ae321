import COpenSSL

extension X509 {
  static func addConstraints(_ certificate: OpaquePointer, authority: Bool) throws(CryptographyError) {
    let value = try made(BASIC_CONSTRAINTS_new(), "basic constraints")
    defer { BASIC_CONSTRAINTS_free(value) }
    value.pointee.ca = authority ? 0xff : 0
    if authority {
      guard let zero = ASN1_INTEGER_new(), ASN1_INTEGER_set(zero, 0) == 1 else { throw .failed("path length") }
      value.pointee.pathlen = zero  // owned by `value` from here on
    }
    try check(X509_add1_ext_i2d(certificate, NID_basic_constraints, value, 1, 0), "basic constraints")
  }

  /// Bits as RFC 5280 section 4.2.1.3 numbers them.
  static func addKeyUsage(_ certificate: OpaquePointer, bits: [Int32]) throws(CryptographyError) {
    let value = try made(ASN1_BIT_STRING_new(), "key usage")
    defer { ASN1_BIT_STRING_free(value) }
    for bit in bits { try check(ASN1_BIT_STRING_set_bit(value, bit, 1), "key usage") }
    try check(X509_add1_ext_i2d(certificate, NID_key_usage, value, 1, 0), "key usage")
  }

  /// An extension from OpenSSL's configuration syntax: for our own constants alone, never for a value from outside,
  /// which that syntax would let say more than one thing.
  static func addText(
    _ certificate: OpaquePointer, issuer: OpaquePointer, _ kind: Int32, _ text: StaticString
  ) throws(CryptographyError) {
    var context = X509V3_CTX()
    X509V3_set_ctx(&context, issuer, certificate, nil, nil, 0)
    let made = text.withUTF8Buffer { buffer in
      buffer.withMemoryRebound(to: CChar.self) { X509V3_EXT_nconf_nid(nil, &context, kind, $0.baseAddress) }
    }
    guard let made else { throw .failed("certificate extension") }
    defer { X509_EXTENSION_free(made) }
    try check(X509_add_ext(certificate, made, -1), "certificate extension")
  }

  /// The subject's alternative names: one URI and one host.
  static func addNames(_ certificate: OpaquePointer, uri: String, host: Host) throws(CryptographyError) {
    let names = try made(OPENSSL_sk_new_null(), "names")
    defer {
      while let name = OPENSSL_sk_pop(names) { GENERAL_NAME_free(name.assumingMemoryBound(to: GENERAL_NAME.self)) }
      OPENSSL_sk_free(names)
    }
    try push(names, GEN_URI, Array(uri.utf8), V_ASN1_IA5STRING)
    switch host {
    case .dns(let name):
      guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
        throw .refused("host name", reason: "empty or not printable ASCII")
      }
      try push(names, GEN_DNS, Array(name.utf8), V_ASN1_IA5STRING)
    case .ip(let address):
      guard address.count == 4 || address.count == 16 else {
        throw .refused("IP address", reason: "\(address.count) bytes")
      }
      try push(names, GEN_IPADD, address, V_ASN1_OCTET_STRING)
    }
    try check(X509_add1_ext_i2d(certificate, NID_subject_alt_name, UnsafeMutableRawPointer(names), 0, 0), "names")
  }

  private static func push(
    _ names: OpaquePointer, _ kind: Int32, _ bytes: [UInt8], _ type: Int32
  ) throws(CryptographyError) {
    let name = try made(GENERAL_NAME_new(), "name")
    guard let text = ASN1_STRING_type_new(type), ASN1_STRING_set(text, bytes, Int32(bytes.count)) == 1 else {
      GENERAL_NAME_free(name)
      throw .failed("name")
    }
    GENERAL_NAME_set0_value(name, kind, text)
    guard OPENSSL_sk_push(names, name) > 0 else {
      GENERAL_NAME_free(name)
      throw .failed("name")
    }
  }
}
