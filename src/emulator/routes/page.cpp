#include "emulator/routes/page.hpp"

#include <algorithm>
#include <charconv>

#include "base/encoding.hpp"

namespace hfasync::emulator {

std::size_t read_limit(const Call& call, std::size_t most)
{
    most = std::min(most, call.site.options.page_size);
    const auto text = call.request.query_value("limit");
    if (!text) return most;
    std::size_t limit = 0;
    const auto end = std::from_chars(text->data(), text->data() + text->size(), limit);
    if (end.ec == std::errc::result_out_of_range) return most;
    if (end.ec != std::errc() || end.ptr != text->data() + text->size() || limit == 0)
        throw Refusal(400, "", "Invalid value for limit: " + std::string(*text));
    return std::min(limit, most);
}

std::string read_cursor(const Call& call)
{
    const auto text = call.request.query_value("cursor");
    if (!text) return {};
    auto plain = detail::base64_decode(*text);
    if (!plain || plain->empty()) throw Refusal(400, "", "Invalid cursor");
    return std::move(*plain);
}

void write_next(const Call& call, Reply& reply, const std::string& after)
{
    Pairs query = call.request.query;
    std::erase_if(query, [](const auto& pair) { return pair.first == "cursor"; });
    query.emplace_back("cursor", detail::base64_encode(after));
    reply.header("Link", "<" + call.site.endpoint + call.request.path + "?" + detail::encode_query(query) +
                             ">; rel=\"next\"");
}

} // namespace hfasync::emulator
