/// Which release of Demarc this is.
package enum Release {
  /// The version, as `--version` and `demarc status` tell it.
  package static let version = "0.1.0"
}
