// OpenSSL's libssl, and what its use needs of libcrypto.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "daemon/base/library.hpp"

namespace understudy::checkers {

/// What is used of it, each by its own name.
struct OpenSsl : Library {
  OpenSsl();
  decltype(&::ASN1_TIME_to_tm) ASN1_TIME_to_tm = symbol("ASN1_TIME_to_tm");
  decltype(&::BIO_clear_flags) BIO_clear_flags = symbol("BIO_clear_flags");
  decltype(&::BIO_free) BIO_free = symbol("BIO_free");
  decltype(&::BIO_get_data) BIO_get_data = symbol("BIO_get_data");
  decltype(&::BIO_get_new_index) BIO_get_new_index = symbol("BIO_get_new_index");
  decltype(&::BIO_meth_free) BIO_meth_free = symbol("BIO_meth_free");
  decltype(&::BIO_meth_new) BIO_meth_new = symbol("BIO_meth_new");
  decltype(&::BIO_meth_set_ctrl) BIO_meth_set_ctrl = symbol("BIO_meth_set_ctrl");
  decltype(&::BIO_meth_set_read) BIO_meth_set_read = symbol("BIO_meth_set_read");
  decltype(&::BIO_meth_set_write) BIO_meth_set_write = symbol("BIO_meth_set_write");
  decltype(&::BIO_new) BIO_new = symbol("BIO_new");
  decltype(&::BIO_set_data) BIO_set_data = symbol("BIO_set_data");
  decltype(&::BIO_set_flags) BIO_set_flags = symbol("BIO_set_flags");
  decltype(&::BIO_set_init) BIO_set_init = symbol("BIO_set_init");
  decltype(&::BIO_test_flags) BIO_test_flags = symbol("BIO_test_flags");
  decltype(&::ERR_clear_error) ERR_clear_error = symbol("ERR_clear_error");
  decltype(&::ERR_peek_error) ERR_peek_error = symbol("ERR_peek_error");
  decltype(&::ERR_reason_error_string) ERR_reason_error_string = symbol("ERR_reason_error_string");
  decltype(&::SSL_CTX_ctrl) SSL_CTX_ctrl = symbol("SSL_CTX_ctrl");
  decltype(&::SSL_CTX_free) SSL_CTX_free = symbol("SSL_CTX_free");
  decltype(&::SSL_CTX_load_verify_file) SSL_CTX_load_verify_file =
      symbol("SSL_CTX_load_verify_file");
  decltype(&::SSL_CTX_new) SSL_CTX_new = symbol("SSL_CTX_new");
  decltype(&::SSL_CTX_set_default_passwd_cb) SSL_CTX_set_default_passwd_cb =
      symbol("SSL_CTX_set_default_passwd_cb");
  decltype(&::SSL_CTX_set_default_passwd_cb_userdata) SSL_CTX_set_default_passwd_cb_userdata =
      symbol("SSL_CTX_set_default_passwd_cb_userdata");
  decltype(&::SSL_CTX_set_default_verify_paths) SSL_CTX_set_default_verify_paths =
      symbol("SSL_CTX_set_default_verify_paths");
  decltype(&::SSL_CTX_set_verify) SSL_CTX_set_verify = symbol("SSL_CTX_set_verify");
  decltype(&::SSL_CTX_use_PrivateKey_file) SSL_CTX_use_PrivateKey_file =
      symbol("SSL_CTX_use_PrivateKey_file");
  decltype(&::SSL_CTX_use_certificate_chain_file) SSL_CTX_use_certificate_chain_file =
      symbol("SSL_CTX_use_certificate_chain_file");
  decltype(&::SSL_ctrl) SSL_ctrl = symbol("SSL_ctrl");
  decltype(&::SSL_do_handshake) SSL_do_handshake = symbol("SSL_do_handshake");
  decltype(&::SSL_free) SSL_free = symbol("SSL_free");
  decltype(&::SSL_get0_alpn_selected) SSL_get0_alpn_selected = symbol("SSL_get0_alpn_selected");
  decltype(&::SSL_get0_param) SSL_get0_param = symbol("SSL_get0_param");
  decltype(&::SSL_get0_peer_certificate) SSL_get0_peer_certificate =
      symbol("SSL_get0_peer_certificate");
  decltype(&::SSL_get_error) SSL_get_error = symbol("SSL_get_error");
  decltype(&::SSL_get_quiet_shutdown) SSL_get_quiet_shutdown = symbol("SSL_get_quiet_shutdown");
  decltype(&::SSL_get_verify_result) SSL_get_verify_result = symbol("SSL_get_verify_result");
  decltype(&::SSL_in_init) SSL_in_init = symbol("SSL_in_init");
  decltype(&::SSL_new) SSL_new = symbol("SSL_new");
  decltype(&::SSL_pending) SSL_pending = symbol("SSL_pending");
  decltype(&::SSL_read) SSL_read = symbol("SSL_read");
  decltype(&::SSL_set1_host) SSL_set1_host = symbol("SSL_set1_host");
  decltype(&::SSL_set_alpn_protos) SSL_set_alpn_protos = symbol("SSL_set_alpn_protos");
  decltype(&::SSL_set_bio) SSL_set_bio = symbol("SSL_set_bio");
  decltype(&::SSL_set_connect_state) SSL_set_connect_state = symbol("SSL_set_connect_state");
  decltype(&::SSL_set_quiet_shutdown) SSL_set_quiet_shutdown = symbol("SSL_set_quiet_shutdown");
  decltype(&::SSL_set_verify) SSL_set_verify = symbol("SSL_set_verify");
  decltype(&::SSL_shutdown) SSL_shutdown = symbol("SSL_shutdown");
  decltype(&::SSL_write) SSL_write = symbol("SSL_write");
  decltype(&::TLS_client_method) TLS_client_method = symbol("TLS_client_method");
  decltype(&::X509_VERIFY_PARAM_set1_ip_asc) X509_VERIFY_PARAM_set1_ip_asc =
      symbol("X509_VERIFY_PARAM_set1_ip_asc");
  decltype(&::X509_VERIFY_PARAM_set_hostflags) X509_VERIFY_PARAM_set_hostflags =
      symbol("X509_VERIFY_PARAM_set_hostflags");
  decltype(&::X509_get0_notAfter) X509_get0_notAfter = symbol("X509_get0_notAfter");
  decltype(&::X509_verify_cert_error_string) X509_verify_cert_error_string =
      symbol("X509_verify_cert_error_string");
};

/// Opens it at the first call; it stays open. Throws std::runtime_error when it is not installed.
[[nodiscard]] const OpenSsl& openssl();

}  // namespace understudy::checkers
