// Heads on the wire: what is sent, and what is made of what arrives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/beast/http/basic_parser.hpp>

#include "http/message.hpp"

namespace hfasync::http {

inline constexpr std::size_t most_head_bytes = 64 * 1024;

/// Appends "name: value\r\n". The fields come from Headers, which has checked them.
void append_field(std::string& out, std::string_view name, std::string_view value);
/// Appends "GET target HTTP/1.1\r\n". \throws ValueError for a target with blanks or control bytes.
void append_request_line(std::string& out, std::string_view method, std::string_view target);

/// How the end of a response body is found.
enum class Framing { none, length, chunked, to_end };

/// One response head, straight into Headers; Beast's syntax checks (two lengths, length with chunked, ...).
class HeadParser final : public boost::beast::http::basic_parser<false> {
public:
    HeadParser();
    int status() const noexcept { return status_; }
    Headers& fields() noexcept { return fields_; }
    /// nullopt: a transfer coding that was not asked for.
    std::optional<Framing> framing(bool to_head_request) const;

private:
    using error_code = boost::beast::error_code;
    using string_view = boost::beast::string_view;
    void on_request_impl(boost::beast::http::verb, string_view, string_view, int, error_code&) override {}
    void on_response_impl(int code, string_view, int, error_code&) override { status_ = code; }
    void on_field_impl(boost::beast::http::field, string_view name, string_view value, error_code&) override;
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(string_view body, error_code&) override { return body.size(); }
    void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override
    {
        return body.size();
    }
    void on_finish_impl(error_code&) override {}

    int status_ = 0;
    Headers fields_;
};

} // namespace hfasync::http
