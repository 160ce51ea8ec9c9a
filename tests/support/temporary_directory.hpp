// A directory that exists as long as a test case.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

/// Made under $TMPDIR or /tmp, mode 0700; removed with all that is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    path_ = std::filesystem::temp_directory_path() / "understudy-XXXXXX";
    if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  /// A name inside; "" for the directory itself.
  [[nodiscard]] std::string path(const std::string& name) const {
    return name.empty() ? path_ : path_ + "/" + name;
  }

 private:
  std::string path_;
};
