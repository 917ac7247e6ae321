#include "TLSWindow.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <pthread.h>
#include <string.h>

static int window_read(BIO *bio, char *target, size_t room, size_t *count) {
  struct demarc_tls_window *window = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  *count = room < window->input_count ? room : window->input_count;
  if (*count == 0) {
    if (!window->input_ended) BIO_set_retry_read(bio);
    return 0;
  }
  memcpy(target, window->input, *count);
  window->input += *count;
  window->input_count -= *count;
  return 1;
}

static int window_write(BIO *bio, const char *source, size_t size, size_t *count) {
  struct demarc_tls_window *window = BIO_get_data(bio);
  size_t room = window->output_capacity - window->output_count;
  BIO_clear_retry_flags(bio);
  *count = size < room ? size : room;
  if (*count == 0) {
    BIO_set_retry_write(bio);
    return 0;
  }
  memcpy(window->output + window->output_count, source, *count);
  window->output_count += *count;
  return 1;
}

static long window_control(BIO *bio, int command, long number, void *pointer) {
  struct demarc_tls_window *window = BIO_get_data(bio);
  (void)number;
  (void)pointer;
  switch (command) {
    case BIO_CTRL_FLUSH:
    case BIO_CTRL_DUP:
      return 1;
    case BIO_CTRL_EOF:
      return window->input_ended && window->input_count == 0;
    default:
      return 0;
  }
}

static BIO_METHOD *method;

static void make_method(void) {
  method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "demarc window");
  if (method == NULL) return;
  BIO_meth_set_read_ex(method, window_read);
  BIO_meth_set_write_ex(method, window_write);
  BIO_meth_set_ctrl(method, window_control);
}

void *demarc_tls_bio(struct demarc_tls_window *window) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, make_method);
  if (method == NULL) return NULL;
  BIO *bio = BIO_new(method);
  if (bio == NULL) return NULL;
  BIO_set_data(bio, window);
  BIO_set_init(bio, 1);
  return bio;
}

static int verify(int passed, X509_STORE_CTX *store) {
  if (passed) return 1;
  if (X509_STORE_CTX_get_error(store) != X509_V_ERR_CERT_HAS_EXPIRED) return 0;
  if (X509_STORE_CTX_get_error_depth(store) != 0) return 0;
  // The chain is verified from the anchor down, the leaf's time last: nothing is left to fail after this.
  SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
  return ssl != NULL && SSL_is_server(ssl);
}

void demarc_tls_set_verification(void *connection, int mode) { SSL_set_verify(connection, mode, verify); }

void demarc_tls_set_options(void *context) {
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
}
