// An embedded Hub with small thresholds, two users and a clock that the test moves.
#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <hfasync/emulator/emulator.hpp>

#include "base/encoding.hpp"
#include "base/hash.hpp"
#include "plain_client.hpp"

namespace hfasync::test {

inline emulator::Options small_options()
{
    emulator::Options options;
    options.lfs_threshold = 1000;
    options.multipart_threshold = 5000;
    options.part_size = 2000;
    options.page_size = 3;
    emulator::Account ann{.name = "ann", .full_name = "Ann Example"};
    ann.tokens = {{.token = "hf_ann"}, {.token = "hf_ann_read", .role = "read"}};
    ann.memberships = {{.organization = "acme"}};
    emulator::Account bob{.name = "bob"};
    bob.tokens = {{.token = "hf_bob"}};
    options.accounts = {ann, bob, {.name = "acme", .is_organization = true}};
    return options;
}

inline const Headers ann{{"Authorization", "Bearer hf_ann"}};
inline const Headers bob{{"Authorization", "Bearer hf_bob"}};
inline const Headers ann_reads{{"Authorization", "Bearer hf_ann_read"}};
inline const Headers nobody{};

struct HubFixture {
    explicit HubFixture(emulator::Options options = small_options()) : hub(with_clock(std::move(options))) {}

    PlainResponse ask(std::string_view method, const std::string& target, const Headers& headers = ann,
                      std::string_view body = {}) const
    {
        return PlainClient(hub.endpoint()).request(method, target, headers, body);
    }
    /// Of an absolute URL on the storage origin.
    PlainResponse ask_storage(std::string_view method, const std::string& url, std::string_view body = {},
                              const Headers& headers = {}) const
    {
        return PlainClient(hub.storage_endpoint())
            .request(method, url.substr(url.find('/', 8)), headers, body);
    }
    static boost::json::value json(const PlainResponse& response)
    {
        return boost::json::parse(response.body);
    }

    std::string commit(const std::string& lines, const std::string& repo = "models/acme/tiny",
                       const std::string& revision = "main", const Headers& headers = ann) const
    {
        const auto response = ask("POST", "/api/" + repo + "/commit/" + revision, headers,
                                  R"({"key":"header","value":{"summary":"Change","description":"why"}})"
                                  "\n" +
                                      lines);
        if (response.status != 200) throw std::runtime_error(response.head + response.body);
        return std::string(json(response).at("commitOid").as_string());
    }
    static std::string file_line(const std::string& path, std::string_view content)
    {
        return R"({"key":"file","value":{"content":")" + detail::base64_encode(content) + R"(","path":")" +
               path +
               R"(","encoding":"base64"}})"
               "\n";
    }
    static std::string lfs_line(const std::string& path, std::string_view content)
    {
        return R"({"key":"lfsFile","value":{"path":")" + path + R"(","algo":"sha256","oid":")" +
               detail::sha256_hex(content) + R"(","size":)" + std::to_string(content.size()) + "}}\n";
    }
    boost::json::value batch(std::string_view content, const std::string& operation = "upload") const
    {
        return json(
            ask("POST", "/acme/tiny.git/info/lfs/objects/batch", ann,
                R"({"operation":")" + operation +
                    R"(","transfers":["basic","multipart"],"hash_algo":"sha256","objects":[{"oid":")" +
                    detail::sha256_hex(content) + R"(","size":)" + std::to_string(content.size()) + "}]}"));
    }
    /// \returns the href
    static std::string action(const boost::json::value& batch, std::string_view name)
    {
        return std::string(batch.at("objects").at(0).at("actions").at(name).at("href").as_string());
    }

    emulator::Options with_clock(emulator::Options options)
    {
        options.clock = [this] {
            return std::chrono::system_clock::time_point(std::chrono::seconds(now.load()));
        };
        return options;
    }

    std::atomic<long> now{1'700'000'000};
    emulator::Emulator hub;
};

inline std::string pattern(std::size_t size, unsigned seed = 1)
{
    std::string out(size, '\0');
    for (auto& c : out)
        c = static_cast<char>((seed = seed * 1664525u + 1013904223u) >> 24);
    return out;
}

} // namespace hfasync::test
