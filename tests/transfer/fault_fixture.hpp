// A Hub that misbehaves, a client with an empty cache, and what must hold whatever happens.
#pragma once

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <hfasync/api/downloads.hpp>
#include <hfasync/emulator/emulator.hpp>
#include <hfasync/error.hpp>
#include <hfasync/hub.hpp>

#include "support/cache_check.hpp"
#include "transfer/download_fixture.hpp"

namespace hfasync::test {

/// An EagerClock that tells what it was asked for; its wall clock may be wrong.
class ToldClock final : public Clock {
public:
    Steady::time_point now() const override { return Clock::now() + moved; }
    Timestamp wall() const override { return Clock::wall() + skew; }
    boost::asio::awaitable<void> sleep_until(Steady::time_point when) override
    {
        const auto wait = when - now();
        waits.push_back(std::chrono::duration<double>(wait).count());
        if (wait.count() > 0) moved += wait;
        co_await boost::asio::post(boost::asio::use_awaitable);
    }
    std::vector<double> waits; ///< seconds
    Steady::duration moved{};
    std::chrono::hours skew{0};
};

/// read_file() without an iterator a byte: these tests read many megabytes, and are not optimised.
inline std::string read_whole(const std::filesystem::path& path)
{
    std::string out(std::filesystem::file_size(path), '\0');
    std::ifstream file(path, std::ios::binary);
    if (!file.read(out.data(), static_cast<std::streamsize>(out.size()))) throw std::runtime_error(path);
    return out;
}

/// One of the ways in which a file comes from the Hub.
struct FileKind {
    std::string path;
    std::string origin; ///< that sends the bytes
    std::size_t connections = 1;
};

/// A regular file that fits into one buffer, one that does not, and an LFS file (from a second origin).
inline const std::vector<FileKind> file_kinds{
    {"small.txt", "hub"}, {"regular.txt", "hub"}, {"lfs.bin", "storage"}};

struct FaultFixture {
    struct Outcome {
        std::filesystem::path path;
        std::optional<errc> error;
        std::string name; ///< of the exception's type
        std::string message;
        ErrorContext context;
    };

    TempDir dir;
    emulator::Emulator hub;
    std::shared_ptr<EagerClock> clock = std::make_shared<EagerClock>();
    std::map<std::string, std::string> files{{"small.txt", noise(100'000, 1)},
                                             {"regular.txt", noise(700'000, 2)},
                                             {"lfs.bin", noise(3u << 20, 3)}};
    std::string commit;
    std::function<void(HubOptions&)> adjust; ///< more options of the clients that follow

    FaultFixture() : FaultFixture(emulator::Options{}) {}
    explicit FaultFixture(emulator::Options hub_options) : hub(with_lfs(std::move(hub_options)))
    {
        commit = hub.seed_repo("acme/tiny", {files.begin(), files.end()});
    }
    static emulator::Options with_lfs(emulator::Options options)
    {
        options.lfs_threshold = 1u << 20;
        return options;
    }

    HubOptions options() const
    {
        HubOptions out;
        out.endpoint = hub.endpoint();
        out.token = hub.token();
        out.cache.hub_cache = dir / "hub";
        out.clock = clock;
        out.seed = 1;
        out.connections_per_file = 1;
        if (adjust) adjust(out);
        return out;
    }
    std::filesystem::path get_path(const std::string& path, HfHubDownloadOptions how = {})
    {
        Hub client(options());
        return client.block_on(DownloadsApi(client).hf_hub_download("acme/tiny", path, std::move(how)));
    }
    /// Downloads; whatever happens, nothing wrong has a final name and no secret went astray.
    Outcome get(const std::string& path, HfHubDownloadOptions how = {})
    {
        Outcome out;
        try {
            out.path = get_path(path, std::move(how));
        } catch (const Error& error) {
            out.error = error.code();
            out.name = error.name();
            out.message = error.message();
            out.context = error.context();
        }
        check_invariants(out);
        return out;
    }
    void check_invariants(const Outcome& outcome)
    {
        for (const auto& problem : CacheCheck(repo()).problems())
            BOOST_ERROR(problem);
        for (const auto& text : {outcome.message, outcome.context.url, outcome.context.body}) {
            BOOST_TEST(text.find(hub.token()) == std::string::npos, text);
            BOOST_TEST(text.find("Signature=") == std::string::npos, text);
        }
        for (const auto& seen : hub.requests())
            if (seen.origin == "storage")
                for (const auto& [name, value] : seen.headers)
                    BOOST_TEST(value.find(hub.token()) == std::string::npos, name);
    }
    /// Downloads and expects the right bytes.
    void check_arrives(const std::string& path, HfHubDownloadOptions how = {})
    {
        const auto outcome = get(path, std::move(how));
        BOOST_TEST(!outcome.error, outcome.message);
        if (!outcome.error) BOOST_TEST((read_whole(outcome.path) == files.at(path)), path);
    }
    /// Expects the error, and that the next call without faults is not hampered by what is left.
    Outcome check_fails(const std::string& path, errc code, HfHubDownloadOptions how = {})
    {
        auto outcome = get(path, how);
        BOOST_TEST(outcome.error.has_value(), "no error");
        if (outcome.error) BOOST_TEST((*outcome.error == code), outcome.message);
        BOOST_TEST(!std::filesystem::exists(pointer(path)));
        return outcome;
    }
    void check_recovers(const std::string& path)
    {
        hub.clear_faults();
        check_arrives(path);
    }

    /// As at the start, but for the Hub's content.
    void begin_again()
    {
        std::filesystem::remove_all(dir / "hub");
        hub.clear_faults();
        hub.forget_requests();
        clock->waits = 0;
        adjust = nullptr;
    }
    /// The faulty answer to a GET of the bytes.
    void add_body_fault(const FileKind& kind, emulator::FaultRule rule)
    {
        rule.method = "GET";
        rule.origin = kind.origin;
        rule.path = kind.origin == "hub" ? "*/resolve/*" : "/repos/*";
        hub.add_fault(std::move(rule));
    }
    void add_head_fault(emulator::FaultRule rule)
    {
        rule.method = "HEAD";
        rule.origin = "hub";
        rule.path = "*/resolve/*";
        hub.add_fault(std::move(rule));
    }

    struct BodyGet {
        std::uint64_t from = 0; ///< of its Range
        int status = 0;
        std::uint64_t sent = 0;
    };
    /// The GETs of the file's bytes that the Hub has answered.
    std::vector<BodyGet> body_gets(const FileKind& kind) const
    {
        std::vector<BodyGet> out;
        for (const auto& seen : hub.requests()) {
            if (seen.origin != kind.origin || seen.method != "GET") continue;
            if (kind.origin == "hub" && seen.target.find("/resolve/") == std::string::npos) continue;
            BodyGet get{.status = seen.status, .sent = seen.sent_bytes};
            for (const auto& [name, value] : seen.headers)
                if (name == "Range" || name == "range") get.from = std::stoull(value.substr(6));
            out.push_back(get);
        }
        return out;
    }
    std::size_t heads() const
    {
        std::size_t count = 0;
        for (const auto& seen : hub.requests())
            count += seen.method == "HEAD" ? 1u : 0u;
        return count;
    }
    std::filesystem::path repo() const { return dir / "hub/models--acme--tiny"; }
    std::filesystem::path pointer(const std::string& path) const
    {
        return repo() / "snapshots" / commit / path;
    }
    std::string etag(const std::string& path) const
    {
        write_file(dir / "etag-of", files.at(path));
        if (path.starts_with("lfs") || path.starts_with("large"))
            return digest_of(dir / "etag-of", EVP_sha256());
        return digest_of(dir / "etag-of", EVP_sha1(),
                         "blob " + std::to_string(files.at(path).size()) + std::string(1, '\0'));
    }
    std::filesystem::path partial(const std::string& path) const
    {
        return repo() / "blobs" / (etag(path) + ".incomplete");
    }
    /// Bytes of partial files that are left.
    std::uint64_t left_over() const
    {
        std::uint64_t bytes = 0;
        std::error_code ignored;
        for (const auto& entry : std::filesystem::directory_iterator(repo() / "blobs", ignored))
            if (entry.path().filename().string().find(".incomplete") != std::string::npos)
                bytes += entry.file_size(ignored);
        return bytes;
    }
};

} // namespace hfasync::test
