/// Which release of Demarc this is.
package enum Release {
  /// The version, as `demarc status` tells it.
  package static let version = "0.1.0"
}
