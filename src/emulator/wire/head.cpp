// The head of an answer.
#include <array>
#include <atomic>
#include <charconv>
#include <ctime>

#include "emulator/wire/session.hpp"

namespace hfasync::emulator {

namespace {

/// "Date: ...\r\n" of this second; one text a thread.
std::string_view date_line()
{
    thread_local std::time_t second = 0;
    thread_local std::array<char, 48> line{};
    thread_local std::size_t length = 0;
    if (const auto now = std::time(nullptr); now != second) {
        second = now;
        std::tm parts{};
        ::gmtime_r(&now, &parts);
        length = std::strftime(line.data(), line.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    }
    return {line.data(), length};
}

void append_number(std::string& out, std::uint64_t number)
{
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out.append(digits, end);
}

/// With leading zeros. printf takes a twentieth of a small answer's time for the two of them.
void append_hex(std::string& out, std::uint64_t number, std::size_t digits)
{
    const auto start = out.size();
    out.resize(start + digits, '0');
    for (auto at = out.size(); number != 0 && at > start; number >>= 4)
        out[--at] = "0123456789abcdef"[number & 15];
}

/// "Root=1-<8 hex>-<24 hex>", unique in this process.
void append_request_id(std::string& out)
{
    static std::atomic<std::uint64_t> count{0x5eed};
    out.append("Root=1-");
    append_hex(out, static_cast<std::uint64_t>(std::time(nullptr)) & 0xffffffffu, 8);
    out.append("-");
    append_hex(out, count.fetch_add(1, std::memory_order_relaxed), 24);
}

} // namespace

std::string Session::head_of(const Reply& reply, bool chunked)
{
    std::string head;
    head.reserve(512 + reply.headers.size());
    head.append("HTTP/1.1 ");
    append_number(head, static_cast<std::uint64_t>(reply.status));
    head.append(" ").append(reason_phrase(reply.status)).append("\r\n").append(date_line());
    if (shared_.origin == Origin::hub) {
        head.append("X-Powered-By: huggingface-moon\r\nVary: Origin\r\nX-Request-Id: ");
        append_request_id(head);
        head.append(
            "\r\nAccess-Control-Expose-Headers: X-Repo-Commit,X-Request-Id,X-Error-Code,X-Error-Message,"
            "X-Total-Count,ETag,Link,Accept-Ranges,Content-Range,X-Linked-Size,X-Linked-ETag\r\n");
    } else {
        head.append("Server: AmazonS3\r\nx-amz-request-id: ");
        append_request_id(head);
        head.append("\r\n");
    }
    head.append(reply.headers);
    if (chunked)
        head.append(request_.http11 ? "Transfer-Encoding: chunked\r\n" : "");
    else if (may_have_body(reply.status)) {
        head.append("Content-Length: ");
        append_number(head, reply.announced_size.value_or(reply.body_size()));
        head.append("\r\n");
    }
    head.append(request_.keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
    return head;
}

} // namespace hfasync::emulator
