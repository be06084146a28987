// What the store refuses, in the Hub's terms: a route turns it into an answer without a table of its own.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace hfasync::emulator::store {

/// what() is the text of X-Error-Message and of the body's `error`.
class StoreError : public std::runtime_error {
public:
    StoreError(int status, std::string code, const std::string& message)
        : std::runtime_error(message), status_(status), code_(std::move(code))
    {
    }
    int status() const noexcept { return status_; }
    /// X-Error-Code ("RepoNotFound", "RevisionNotFound", "EntryNotFound"); empty: no such header.
    const std::string& code() const noexcept { return code_; }

private:
    int status_;
    std::string code_;
};

} // namespace hfasync::emulator::store
