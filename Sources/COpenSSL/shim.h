// OpenSSL 3 for Swift. Swift cannot import function-like macros nor macros with casts, so those in use get a wrapper
// each that does nothing more.
#ifndef CURLEW_COPENSSL_SHIM_H
#define CURLEW_COPENSSL_SHIM_H

// Glibc's names stay its own when its module is loaded first (Sources/CLinux/include/CLinux.h).
#if __has_feature(modules)
#pragma clang module import SwiftGlibc
#endif

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// SSL_CTX_set_min_proto_version(3)
static inline int curlew_ctx_set_min_version(SSL_CTX *context, int version) {
  return (int)SSL_CTX_set_min_proto_version(context, version);
}

static inline int curlew_ctx_set_max_version(SSL_CTX *context, int version) {
  return (int)SSL_CTX_set_max_proto_version(context, version);
}

// SSL_CTX_set_session_cache_mode(3)
static inline void curlew_ctx_disable_sessions(SSL_CTX *context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

// SSL_CTX_set_options(3): the macros shift an unsigned 64-bit number.
static inline void curlew_ctx_harden(SSL_CTX *context) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
}

// SSL_set_read_ahead(3)
static inline void curlew_ssl_read_ahead(SSL *ssl) {
  SSL_set_read_ahead(ssl, 1);
}

// SSL_CTX_set_tlsext_status_type(3), SSL_CTX_set_tlsext_status_cb(3)
static inline void curlew_ctx_request_staple(SSL_CTX *context, int (*callback)(SSL *, void *)) {
  SSL_CTX_set_tlsext_status_type(context, TLSEXT_STATUSTYPE_ocsp);
  SSL_CTX_set_tlsext_status_cb(context, callback);
}

// SSL_CTX_set1_chain(3)
static inline int curlew_ctx_set_chain(SSL_CTX *context, STACK_OF(X509) *chain) {
  return (int)SSL_CTX_set1_chain(context, chain);
}

// SSL_get_tlsext_status_ocsp_resp(3)
static inline long curlew_ssl_staple(SSL *ssl, const unsigned char **bytes) {
  return SSL_get_tlsext_status_ocsp_resp(ssl, bytes);
}

// SSL_set_tlsext_host_name(3)
static inline int curlew_ssl_set_server_name(SSL *ssl, const char *name) {
  return (int)SSL_set_tlsext_host_name(ssl, name);
}

// CRYPTO_get_ex_new_index(3)
static inline int curlew_ssl_new_index(void) {
  return SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

static inline int curlew_ctx_new_index(CRYPTO_EX_free *release) {
  return SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, release);
}

static inline int curlew_store_new_index(CRYPTO_EX_free *release) {
  return X509_STORE_get_ex_new_index(0, NULL, NULL, NULL, release);
}

// DEFINE_STACK_OF(3)
static inline STACK_OF(X509) *curlew_certificates_new(void) {
  return sk_X509_new_null();
}

static inline int curlew_certificates_count(const STACK_OF(X509) *stack) {
  return sk_X509_num(stack);
}

static inline X509 *curlew_certificates_at(const STACK_OF(X509) *stack, int index) {
  return sk_X509_value(stack, index);
}

static inline int curlew_certificates_push(STACK_OF(X509) *stack, X509 *certificate) {
  return sk_X509_push(stack, certificate);
}

static inline void curlew_certificates_free(STACK_OF(X509) *stack) {
  sk_X509_pop_free(stack, X509_free);
}

static inline int curlew_names_count(const GENERAL_NAMES *names) {
  return sk_GENERAL_NAME_num(names);
}

static inline GENERAL_NAME *curlew_names_at(const GENERAL_NAMES *names, int index) {
  return sk_GENERAL_NAME_value(names, index);
}

// BIO_get_mem_data(3)
static inline long curlew_bio_memory(BIO *bio, char **bytes) {
  return BIO_get_mem_data(bio, bytes);
}

// X509_NAME_print_ex(3): RFC 2253, with characters outside of ASCII left as UTF-8, which the RFC allows.
static inline int curlew_name_print(BIO *bio, const X509_NAME *name) {
  return X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
}

// EVP_EC_gen(3) is a macro over a variadic function.
static inline EVP_PKEY *curlew_key_generate_p256(void) {
  return EVP_EC_gen("P-256");
}

#endif
