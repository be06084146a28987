// A request as the routes see it, and the reply they give.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <boost/beast/http/fields.hpp>

#include "base/os.hpp"

namespace hfasync::emulator {

enum class Origin { hub, storage };
std::string_view to_string(Origin origin) noexcept;

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Request {
    Origin origin = Origin::hub;
    std::string method;
    std::string target; ///< as sent
    std::string path;   ///< as sent, before '?'
    Pairs query;        ///< decoded, in order
    boost::beast::http::fields fields;
    std::optional<std::uint64_t> content_length;
    bool chunked = false;
    bool keep_alive = true;
    bool http11 = true;
    bool ignore_range = false; ///< a fault asks for it

    /// Empty when absent.
    std::string_view header(std::string_view name) const;
    /// The last value; nullopt when absent.
    std::optional<std::string_view> query_value(std::string_view key) const;
    /// All values of `key` and of `key[]`, each split at commas when `split`.
    std::vector<std::string> query_values(std::string_view key) const;
    /// true, True, 1 and an empty value count as true.
    bool query_flag(std::string_view key) const;
};

/// A part of an open file.
struct FileSlice {
    std::shared_ptr<const detail::Fd> file;
    std::uint64_t offset = 0, size = 0;
};

using Body = std::variant<std::string, std::shared_ptr<const std::string>, FileSlice>;

struct Reply {
    int status = 200;
    std::string headers; ///< ready lines "Name: value\r\n"
    Body body;
    std::uint64_t slice_offset = 0;              ///< for shared text: the part to send
    std::optional<std::uint64_t> slice_size;     ///< same
    std::optional<std::uint64_t> announced_size; ///< of a HEAD answer, whose body is left out

    /// Bytes < 0x20 and 0x7f in a value are sent as blanks: answers echo what clients sent.
    void header(std::string_view name, std::string_view value);
    std::uint64_t body_size() const;
};

Reply json_reply(std::string text, int status = 200);
Reply text_reply(std::string text, int status = 200);
Reply xml_reply(std::string text, int status);
/// The Hub's failure: X-Error-Code (unless empty), X-Error-Message, {"error": message, extra...}. `extra` is
/// ready JSON members that begin with a comma.
Reply error_reply(int status, std::string_view code, std::string_view message, std::string_view extra = {});

/// Thrown by routes; the session answers with it.
class Refusal : public std::runtime_error {
public:
    Refusal(int status, std::string_view code, const std::string& message, std::string_view extra = {})
        : std::runtime_error(message), reply_(error_reply(status, code, message, extra))
    {
    }
    explicit Refusal(Reply reply) : std::runtime_error("refused"), reply_(std::move(reply)) {}
    const Reply& reply() const noexcept { return reply_; }

private:
    Reply reply_;
};

std::string_view reason_phrase(int status) noexcept;
/// Not 1xx, 204, 304.
inline bool may_have_body(int status) noexcept
{
    return status >= 200 && status != 204 && status != 304;
}

} // namespace hfasync::emulator
