// What fmt keeps out of its headers, for a program that is not to load its shared library and with
// it all of the C++ library (daemon/meson.build). It is compiled with FMT_HEADER_ONLY, and so that
// inline functions are there although nothing here calls them.
#include <fmt/format.h>

#include <locale>

template std::locale fmt::detail::locale_ref::get<std::locale>() const;
