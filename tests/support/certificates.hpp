// Keys and certificates for a test case, in files.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

/// A key and a certificate for it.
class Identity {
 public:
  /// An authority that signs itself.
  explicit Identity(const std::string& name) : Identity(name, nullptr, "", 0, 365) {}
  /// Signed by `authority`, good for `names` ("DNS:www,IP:127.0.0.1"), from `from` to `to` days
  /// from now.
  Identity(const std::string& name, const Identity* authority, const std::string& names,
           int from = -1, int to = 100)
      : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), certificate_(X509_new(), X509_free) {
    X509* made = certificate_.get();
    X509_set_version(made, 2);
    static long serial = 0;
    ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial);
    X509_time_adj_ex(X509_getm_notBefore(made), from, 0, nullptr);
    // Not at the very second a test may be about.
    X509_time_adj_ex(X509_getm_notAfter(made), to, 3600, nullptr);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    const Identity& issuer = authority == nullptr ? *this : *authority;
    X509_set_issuer_name(made, X509_get_subject_name(issuer.certificate_.get()));
    X509_set_pubkey(made, key_.get());
    if (authority == nullptr) extend(NID_basic_constraints, "critical,CA:TRUE");
    if (!names.empty()) extend(NID_subject_alt_name, names);
    if (X509_sign(made, issuer.key_.get(), EVP_sha256()) == 0) throw std::runtime_error("no cert");
  }

  /// The certificate in a file, and the key behind it when `with_key`.
  void write(const std::string& file, bool with_key = false) const {
    const File out(std::fopen(file.c_str(), "w"), std::fclose);
    PEM_write_X509(out.get(), certificate_.get());
    if (with_key)
      PEM_write_PrivateKey(out.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
  }
  /// The key alone, encrypted unless `password` is empty.
  void write_key(const std::string& file, const std::string& password = {}) const {
    const File out(std::fopen(file.c_str(), "w"), std::fclose);
    PEM_write_PKCS8PrivateKey(out.get(), key_.get(), password.empty() ? nullptr : EVP_aes_128_cbc(),
                              password.data(), static_cast<int>(password.size()), nullptr, nullptr);
  }

 private:
  using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

  void extend(int what, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, what, value.c_str());
    X509_add_ext(certificate_.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }

  std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_;
  std::unique_ptr<X509, void (*)(X509*)> certificate_;
};
