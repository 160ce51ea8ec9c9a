// SSL { }: what this machine shows the servers SSL_GET asks.
#include "checkers/keywords.hpp"

namespace understudy::checkers {

namespace {

using namespace parser;

Block<TlsFiles> tls_files() {
  Block<TlsFiles> rows;
  rows.value("password", "Of the key.", text(), replaceable(&TlsFiles::password, "SSL"))
      .when_missing("SSL password missing");
  rows.value("ca", "File of the authorities to believe where verify_server is on.", text("PATH"),
             replaceable(&TlsFiles::ca, "SSL"))
      .when_missing("SSL cafile missing");
  rows.value("certificate", "File of the certificate to show.", text("PATH"),
             replaceable(&TlsFiles::certificate, "SSL"))
      .when_missing("SSL certfile missing");
  rows.value("key", "File of its key.", text("PATH"), replaceable(&TlsFiles::key, "SSL"))
      .when_missing("SSL keyfile missing");
  return rows;
}

}  // namespace

void add_tls_rows(Block<CheckersDraft>& rows) {
  rows.block("SSL", "How SSL_GET identifies this machine.", tls_files(),
             [](CheckersDraft& section, const Binding&) { return &section.tls.emplace(); })
      .replaced("SSL context already specified - replacing")
      .reported_by(Stage::checkers);
}

}  // namespace understudy::checkers
