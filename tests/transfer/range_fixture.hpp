// A large file of an embedded Hub, and a download of it over several connections whatever the rate.
#pragma once

#include <algorithm>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "cache/file_lock.hpp"
#include "transfer/download_fixture.hpp"
#include "transfer/range_fetch.hpp"

namespace hfasync::test {

struct RangeFixture {
    static constexpr std::uint64_t mib = 1u << 20;

    TempDir dir;
    emulator::Emulator hub;
    std::shared_ptr<EagerClock> clock = std::make_shared<EagerClock>();
    std::string content = noise(12 * mib, 7);
    std::string etag = detail::sha256_hex(content);
    std::string commit = hub.seed_repo("acme/tiny", {{"big.bin", content}});

    HubOptions options() const
    {
        HubOptions out;
        out.endpoint = hub.endpoint();
        out.token = hub.token();
        out.cache.hub_cache = dir / "hub";
        out.clock = clock;
        out.timeouts.idle = std::chrono::milliseconds(2000);
        return out;
    }
    std::filesystem::path blobs() const { return dir / "hub/models--acme--tiny/blobs"; }
    std::filesystem::path partial() const { return blobs() / (etag + ".incomplete"); }

    std::shared_ptr<detail::DownloadSession> session() const
    {
        auto lock = detail::FileLock::try_lock(dir / "lock");
        BOOST_REQUIRE(lock);
        detail::PartialFile file(detail::Place::at(partial()), {etag, content.size(), "big.bin"},
                                 detail::PartialFile::Sharing::shared);
        file.adopt_existing();
        file.begin_pieces();
        return std::make_shared<detail::DownloadSession>(
            detail::DownloadSession{std::move(*lock), std::move(file)});
    }
    /// Pieces of a mebibyte; nothing is measured, so that nothing is opened or retired.
    static detail::RangeStart start(std::size_t connections)
    {
        detail::RangeRules rules;
        rules.window = std::chrono::hours(1000);
        rules.most_settling = rules.window;
        rules.least_piece = mib;
        return {.plan = detail::RangePlan(8, {}, rules), .response = {}, .open = connections - 1};
    }
    detail::BodySpec spec(const Hub& client) const
    {
        const auto url = detail::resolve_url(client.state(), RepoType::model, "acme/tiny", "big.bin", commit);
        return {
            .url = url, .resolve_url = url, .token = {}, .proxy = {}, .scope = {.what = "model acme/tiny"}};
    }

    struct Outcome {
        std::optional<detail::RangeEnd> end;
        std::optional<errc> error;
        std::uint64_t missing = 0;
        bool published = false;
    };
    /// Over `connections`, into what is there; published when complete.
    Outcome fetch(std::size_t connections)
    {
        Outcome out;
        Hub client(options());
        detail::BodyRequests requests(client.state(), spec(client));
        detail::DownloadItem item(std::make_shared<detail::DownloadProgress>(ProgressSink{}, clock),
                                  "big.bin");
        const auto target = session();
        try {
            out.end = client.block_on(
                detail::fetch_ranges(client.state(), &requests, target, &item, start(connections)));
        } catch (const Error& error) {
            out.error = error.code();
        }
        out.missing = content.size() - target->file.offset();
        if (out.missing > 0) return out;
        try {
            target->file.publish(detail::Place::at(blobs() / etag), false);
            out.published = true;
            BOOST_TEST(is_content(blobs() / etag));
        } catch (const IntegrityError&) {
            BOOST_TEST(!std::filesystem::exists(blobs() / etag));
        }
        return out;
    }
    bool is_content(const std::filesystem::path& at) const
    {
        std::string there(std::filesystem::file_size(at), '\0');
        std::ifstream(at, std::ios::binary).read(there.data(), static_cast<std::streamsize>(there.size()));
        return there == content;
    }
    void check_whole(std::size_t connections)
    {
        const auto out = fetch(connections);
        BOOST_TEST((out.end == detail::RangeEnd::complete));
        BOOST_TEST(out.published);
        BOOST_TEST(std::distance(std::filesystem::directory_iterator(blobs()), {}) == 1);
    }
    void begin_again()
    {
        std::filesystem::remove_all(dir / "hub");
        hub.clear_faults();
        hub.forget_requests();
    }

    /// [from, to) of the GETs of the bytes, those to the end of the file included.
    struct Part {
        std::string range;
        int status = 0;
        std::uint64_t sent = 0;
    };
    std::vector<Part> parts() const
    {
        std::vector<Part> out;
        for (const auto& seen : hub.requests()) {
            if (seen.origin != "storage" || seen.method != "GET") continue;
            Part part{.range = {}, .status = seen.status, .sent = seen.sent_bytes};
            for (const auto& [name, value] : seen.headers)
                if (name == "Range" || name == "range") part.range = value;
            out.push_back(part);
        }
        return out;
    }
    std::uint64_t sent() const
    {
        std::uint64_t sum = 0;
        for (const auto& part : parts())
            sum += part.sent;
        return sum;
    }
    void add_fault(emulator::FaultRule rule)
    {
        rule.method = "GET";
        rule.origin = "storage";
        rule.path = "*";
        hub.add_fault(std::move(rule));
    }
    /// What a kill leaves: these ranges are there and recorded.
    std::pair<std::filesystem::path, std::filesystem::path>
    plant(const std::vector<detail::ByteRange>& ranges, std::filesystem::path shared = {}) const
    {
        if (shared.empty()) shared = partial();
        const auto places = detail::new_piece_places(detail::Place::at(shared));
        std::string data, record = detail::piece_record_head(etag, content.size());
        for (const auto& range : ranges) {
            data.resize(range.begin, '\0');
            data += content.substr(range.begin, range.size());
            record += detail::piece_record_line(range);
        }
        write_file(places.data.name, data);
        write_file(places.record.name, record);
        return {places.data.name, places.record.name};
    }
};

} // namespace hfasync::test
