// The library nghttp2.
#pragma once

#include <nghttp2/nghttp2.h>

#include "daemon/base/library.hpp"

namespace understudy::checkers {

/// What is used of it, each by its own name.
struct Nghttp2 : Library {
  Nghttp2() : Library("libnghttp2.so.14") {}
  decltype(&::nghttp2_session_callbacks_del) nghttp2_session_callbacks_del =
      symbol("nghttp2_session_callbacks_del");
  decltype(&::nghttp2_session_callbacks_new) nghttp2_session_callbacks_new =
      symbol("nghttp2_session_callbacks_new");
  decltype(&::nghttp2_session_callbacks_set_on_data_chunk_recv_callback)
      nghttp2_session_callbacks_set_on_data_chunk_recv_callback =
          symbol("nghttp2_session_callbacks_set_on_data_chunk_recv_callback");
  decltype(&::nghttp2_session_callbacks_set_on_frame_recv_callback)
      nghttp2_session_callbacks_set_on_frame_recv_callback =
          symbol("nghttp2_session_callbacks_set_on_frame_recv_callback");
  decltype(&::nghttp2_session_callbacks_set_on_header_callback)
      nghttp2_session_callbacks_set_on_header_callback =
          symbol("nghttp2_session_callbacks_set_on_header_callback");
  decltype(&::nghttp2_session_callbacks_set_on_stream_close_callback)
      nghttp2_session_callbacks_set_on_stream_close_callback =
          symbol("nghttp2_session_callbacks_set_on_stream_close_callback");
  decltype(&::nghttp2_session_client_new) nghttp2_session_client_new =
      symbol("nghttp2_session_client_new");
  decltype(&::nghttp2_session_del) nghttp2_session_del = symbol("nghttp2_session_del");
  decltype(&::nghttp2_session_mem_recv) nghttp2_session_mem_recv =
      symbol("nghttp2_session_mem_recv");
  decltype(&::nghttp2_session_mem_send) nghttp2_session_mem_send =
      symbol("nghttp2_session_mem_send");
  decltype(&::nghttp2_session_want_read) nghttp2_session_want_read =
      symbol("nghttp2_session_want_read");
  decltype(&::nghttp2_submit_request) nghttp2_submit_request = symbol("nghttp2_submit_request");
  decltype(&::nghttp2_submit_settings) nghttp2_submit_settings = symbol("nghttp2_submit_settings");
};

/// Opens it at the first call; it stays open. Throws std::runtime_error when it is not installed.
[[nodiscard]] inline const Nghttp2& nghttp2() {
  static const Nghttp2 library;
  return library;
}

}  // namespace understudy::checkers
