// One request and its response over a connection of their own.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "checkers/dialogue.hpp"
#include "checkers/exchange.hpp"
#include "checkers/http_message.hpp"

namespace understudy::checkers {

/// The original's words for it, which go before "server [R]:tcp:80."; "" for `answered`.
[[nodiscard]] std::string_view words_for(ExchangeEnd end, bool tls);

/// A request and its response in HTTP/1.
class Http1Dialogue : public Dialogue {
 public:
  /// Feeds what comes back to `reader`, which must outlive it.
  Http1Dialogue(std::string request, HttpReader& reader)
      : request_(std::move(request)), reader_(reader) {}

  std::string take_output() override { return std::exchange(request_, {}); }
  void receive(ByteView data) override { reader_.feed(data); }
  void end() override { reader_.end(); }
  [[nodiscard]] bool over() const override;
  [[nodiscard]] bool answered() const override;

 private:
  std::string request_;
  HttpReader& reader_;
};

}  // namespace understudy::checkers
