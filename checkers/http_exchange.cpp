#include "checkers/http_exchange.hpp"

namespace understudy::checkers {

std::string_view words_for(ExchangeEnd end, bool tls) {
  switch (end) {
    case ExchangeEnd::answered:
      return "";
    case ExchangeEnd::unreachable:
      return "HTTP/SSL_CHECK - network unreachable";
    case ExchangeEnd::connect_timed_out:
      return "Timeout connecting";
    case ExchangeEnd::connect_failed:
      return "Connection failed";
    case ExchangeEnd::handshake_failed:
      return "SSL handshake/communication error connecting to";
    case ExchangeEnd::protocol_refused:
      return "HTTP/2 not offered by";
    case ExchangeEnd::send_failed:
      return "Cannot send get request to";
    case ExchangeEnd::response_timed_out:
      return "Timeout WEB read";
    case ExchangeEnd::read_timed_out:
      return tls ? "Timeout SSL read" : "Timeout HTTP read";
    case ExchangeEnd::read_failed:
      return "Read error with";
    case ExchangeEnd::no_data:
      return "Read, no data received from ";
    case ExchangeEnd::no_socket:
      return "WEB connection fail to create socket. Rescheduling.";
    case ExchangeEnd::not_started:
      return "WEB socket bind failed. Rescheduling";
  }
  return "";
}

bool Http1Dialogue::over() const {
  return reader_.state() == HttpReader::State::complete ||
         reader_.state() == HttpReader::State::refused;
}

bool Http1Dialogue::answered() const { return reader_.state() == HttpReader::State::complete; }

}  // namespace understudy::checkers
