#pragma once

#include <stddef.h>
#include <stdint.h>

/// What one TLS connection sees of the network: ciphertext to read, and room for ciphertext to send. OpenSSL reads and
/// writes here through a BIO of its own kind, so that no byte is copied into or out of a memory BIO.
struct demarc_tls_window {
  const uint8_t *input;
  size_t input_count;
  /// Set when the transport has ended: a read beyond the input is then an end, not a wait.
  int input_ended;
  uint8_t *output;
  size_t output_capacity;
  size_t output_count;
};

/// A BIO (as an untyped pointer) over `window`, which must outlive it; NULL when memory is short.
void *demarc_tls_bio(struct demarc_tls_window *window);

/// Sets the options of an `SSL_CTX` that are C macros beyond Swift: no session tickets, and the server's order of cipher
/// suites.
void demarc_tls_set_options(void *context);

/// Sets the verification of an `SSL`: `mode` as for SSL_set_verify, with one exception to the usual rules: a server lets
/// an expired client certificate pass, if nothing else is wrong with it, and finds X509_V_ERR_CERT_HAS_EXPIRED in the
/// verify result.
void demarc_tls_set_verification(void *connection, int mode);
