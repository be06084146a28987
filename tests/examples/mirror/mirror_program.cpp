// `hfasync mirror` as a user runs it: exit codes, and a signal in the middle of a transfer.
#include <boost/test/unit_test.hpp>

#include "redis_server.hpp"

BOOST_AUTO_TEST_SUITE(examples_mirror_program)

using namespace hfasync;
using namespace hfasync::tests;

namespace {

struct ProgramFixture : MirrorFixture {
    fs::path configure(const std::string& repos, const std::string& more = {})
    {
        const auto file = dir.path() / "mirror.yaml";
        std::ofstream(file) << fmt::format(
            "source: {{endpoint: '{}', token_env: TOKEN}}\ntarget: {{folder: out}}\n"
            "list: {{sqlite: list.db}}\nrepos: {}\n{}",
            hub.endpoint(), repos, more);
        return file;
    }
    std::unique_ptr<Process> start(std::vector<std::string> words)
    {
        words.insert(words.begin(), {HFASYNC_TEST_BIN_DIR "/hfasync", "mirror"});
        fs::remove(dir.path() / "said");
        return std::make_unique<Process>(words, dir.path() / "said",
                                         std::vector<std::string>{"TOKEN=" + hub.token()});
    }
    int run(std::vector<std::string> words) { return start(std::move(words))->wait(); }
    std::string said() const { return content_of(dir.path() / "said"); }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(exit_codes, ProgramFixture)
{
    BOOST_TEST(run({}) == 2);
    BOOST_TEST(said().find("`hfasync mirror --help`") != std::string::npos, said());
    Process alone({HFASYNC_TEST_BIN_DIR "/hfasync-mirror"}, dir.path() / "said", {});
    BOOST_TEST(alone.wait() == 2);
    BOOST_TEST(said().find("usage: ") != std::string::npos);
    BOOST_TEST(run({"run"}) == 2);
    BOOST_TEST(run({"run", "--config", "/no/such/file"}) == 2);
    hub.seed_repo("acme/tiny", {{"a", "1"}});
    auto file = configure("[{modle: acme/tiny}]");
    BOOST_TEST(run({"check", "--config", file.string()}) == 2);
    BOOST_TEST(said().find("mirror.yaml:4: 'repos' has no setting 'modle'") != std::string::npos, said());
    file = configure("[{model: acme/tiny}]");
    BOOST_TEST(run({"check", "--config", file.string()}) == 0);
    BOOST_TEST(run({"run", "--once", "--config", file.string()}) == 0);
    BOOST_TEST(said().find("mirrored model:acme/tiny@main") != std::string::npos, said());
    BOOST_TEST(said().find("\"done\":1") != std::string::npos, said());
    BOOST_TEST(said().find(hub.token()) == std::string::npos);
    file = configure("[{model: acme/tiny}, {model: acme/nobody}]");
    BOOST_TEST(run({"run", "--once", "--config", file.string()}) == 1);
}

BOOST_FIXTURE_TEST_CASE(a_signal_in_the_middle, ProgramFixture)
{
    hub.seed_repo("acme/tiny", {{"a", "1"}, {"b", std::string(3 << 20, 'b')}, {"c", "3"}});
    hub.add_fault({.method = "GET", .path = "*/b", .action = emulator::FaultAction::stall, .at = 2 << 20});
    const auto file = configure("[{model: acme/tiny}]");
    const auto process = start({"run", "--config", file.string()});
    const auto commits = out() / "models/acme/tiny/.main";
    BOOST_REQUIRE(eventually([&] { // the two others are there, and most of the one that does not end
        if (!fs::exists(commits) || fs::is_empty(commits)) return false;
        const auto folder = fs::directory_iterator(commits)->path();
        if (!fs::exists(folder / "a") || !fs::exists(folder / "c")) return false;
        std::uintmax_t partial = 0;
        for (const auto& entry : fs::recursive_directory_iterator(folder / ".cache"))
            if (entry.path().extension() == ".incomplete") partial = std::max(partial, entry.file_size());
        return partial >= 1 << 20;
    }));
    const auto start_of_end = std::chrono::steady_clock::now();
    process->signal(SIGTERM);
    BOOST_TEST(process->wait() == 0);
    const auto took = std::chrono::steady_clock::now() - start_of_end;
    BOOST_TEST((took < soon));
    BOOST_TEST(said().find("\"waiting\":1") != std::string::npos,
               said()); // given back, not left to its lease
    BOOST_TEST(!fs::exists(out() / "models/acme/tiny/main"));
    // It goes on where it was.
    hub.forget_requests();
    BOOST_TEST(run({"run", "--once", "--config", file.string()}) == 0);
    std::uint64_t bytes = 0;
    for (const auto& request : hub.requests())
        if (request.target.find("/resolve/") != std::string::npos && request.method == "GET") {
            BOOST_TEST(request.target.ends_with("/b"), request.target);
            bytes += request.sent_bytes;
        }
    BOOST_TEST(bytes <= 2u << 20);
    BOOST_TEST(content_of(out() / "models/acme/tiny/main/b") == std::string(3 << 20, 'b'));
}

BOOST_AUTO_TEST_SUITE_END()
