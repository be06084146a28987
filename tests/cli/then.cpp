// `then` of `hfasync api`: a method called on what the call before returned.
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <hfasync/emulator/emulator.hpp>

#include "cli/method_table.hpp"

using namespace hfasync;
namespace json = boost::json;

namespace {

struct Fixture {
    emulator::Emulator emulator;
    Hub hub{[this] {
        HubOptions options;
        options.endpoint = emulator.endpoint();
        options.inference_endpoints_url = emulator.inference_endpoints_url();
        options.token = Token(emulator.token());
        options.retry.max_retries = 0;
        return options;
    }()};

    json::value run(std::string method, std::string_view call)
    {
        return hub.block_on(cli::run_call(hub, std::move(method), cli::parse_call(call)));
    }
    void create()
    {
        run("create_inference_endpoint",
            R"({"args":{"name":"x","repository":"acme/tiny","framework":"pytorch","accelerator":"cpu",
                "instance_size":"x2","instance_type":"intel-icl","region":"us-east-1","vendor":"aws"}})");
        emulator.forget_requests();
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_then, Fixture)

BOOST_AUTO_TEST_CASE(calls_are_chained_on_what_they_return)
{
    create();
    const auto paused = run("get_inference_endpoint",
                            R"({"args":{"name":"x"},"then":{"method":"fetch","then":{"method":"pause"}}})");
    BOOST_TEST(paused.at("status").as_string() == "paused");
    const auto resumed =
        run("get_inference_endpoint",
            R"({"args":{"name":"x"},"then":{"method":"resume","args":{"running_ok":false}}})");
    BOOST_TEST(resumed.at("status").as_string() == "pending");
    BOOST_TEST(
        run("get_inference_endpoint", R"({"args":{"name":"x"},"then":{"method":"delete"}})").is_null());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_called_is_refused)
{
    create();
    const std::string call = R"({"args":{"name":"x"},"then":)";
    BOOST_CHECK_THROW(run("get_inference_endpoint", call + R"({"method":"wiat"}})"), NotImplementedError);
    BOOST_CHECK_THROW(run("get_inference_endpoint", call + R"({"method":"fetch","args":{"x":1}}})"),
                      ValueError);
    BOOST_CHECK_THROW(run("whoami", R"({"then":{"method":"fetch"}})"), NotImplementedError);
    // A call that cannot be read is refused before the first request.
    emulator.forget_requests();
    for (const auto* then : {R"({"methd":"fetch"}})", R"({"args":{}}})", R"({"method":"fetch","args":[]}})",
                             R"({"method":"fetch","then":{"method":1}}})"})
        BOOST_CHECK_THROW(run("get_inference_endpoint", call + then), ValueError);
    BOOST_TEST(emulator.requests().empty());
}

BOOST_AUTO_TEST_SUITE_END()
