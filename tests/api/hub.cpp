#include <hfasync/hub.hpp>

#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include <thread>

#include <hfasync/hf_api.hpp>

BOOST_AUTO_TEST_SUITE(api_hub)

namespace asio = boost::asio;
using hfasync::HfApi;
using hfasync::Hub;
using hfasync::HubOptions;
using hfasync::ValueError;

namespace {
asio::awaitable<int> answer()
{
    co_await asio::post(asio::use_awaitable);
    co_return 42;
}
} // namespace

BOOST_AUTO_TEST_CASE(block_on_runs_the_loop_of_the_hub)
{
    Hub own;
    BOOST_TEST(own.block_on(answer()) == 42);
    BOOST_TEST(own.block_on(answer()) == 42); // the loop ran dry in between
    asio::io_context context;
    Hub shared(context);
    BOOST_TEST(shared.block_on(answer()) == 42);
    Hub on_strand(asio::any_io_executor(asio::make_strand(context)));
    BOOST_TEST(on_strand.block_on(answer()) == 42);
}

BOOST_AUTO_TEST_CASE(block_on_beside_another_thread)
{
    asio::io_context context;
    auto work = asio::make_work_guard(context);
    std::thread other([&] { context.run(); });
    Hub hub(context);
    for (int i = 0; i < 50; ++i)
        BOOST_TEST(hub.block_on(answer()) == 42);
    work.reset();
    context.stop();
    other.join();
}

BOOST_AUTO_TEST_CASE(block_on_in_a_handler_is_refused)
{
    Hub hub;
    const auto inside = [](Hub inner) -> asio::awaitable<void> {
        co_await asio::post(asio::use_awaitable);
        (void)inner.block_on(answer());
    };
    BOOST_CHECK_THROW(hub.block_on(inside(hub)), ValueError);
}

BOOST_AUTO_TEST_CASE(a_call_on_another_io_context_than_its_hubs_is_refused)
{
    // Its connections would wait for a context that nobody runs.
    Hub mine, other(HubOptions{.endpoint = "http://127.0.0.1:9"});
    BOOST_CHECK_THROW(mine.block_on(HfApi(other).model_info("acme/tiny")), ValueError);
    BOOST_CHECK_THROW(mine.block_on(HfApi(other).list_models().next()), ValueError);
}

BOOST_AUTO_TEST_CASE(options_that_cannot_work_are_refused)
{
    const auto refused = [](auto change) {
        HubOptions options;
        change(options);
        BOOST_CHECK_THROW(Hub(std::move(options)), ValueError);
    };
    for (const char* url :
         {"", "huggingface.co", "ftp://x", "https://", "http://a b", "https://x/?q=1", "https://u:p@x"})
        refused([&](HubOptions& o) { o.endpoint = url; });
    refused([](HubOptions& o) { o.retry.max_retries = -1; });
    refused([](HubOptions& o) { o.worker_threads = 0; });
    refused([](HubOptions& o) { o.max_open_files = 0; });
    refused([](HubOptions& o) { o.memory_budget = 10; });
    refused([](HubOptions& o) { o.timeouts.idle = std::chrono::milliseconds(-1); });
    refused([](HubOptions& o) { o.headers = {{"X-A", "a\r\nX-B: b"}}; });
    refused([](HubOptions& o) { o.library_name = "a\nb"; });
    refused([](HubOptions& o) { o.token = "hf_x\r\nX: y"; });
    BOOST_CHECK_THROW(Hub(asio::any_io_executor{}), ValueError);
}

BOOST_AUTO_TEST_CASE(a_refused_endpoint_is_named_once)
{
    for (const char* url : {"huggingface.co", "https://x/?q=1", "https://u:p@x"})
        try {
            Hub(HubOptions{.endpoint = url});
            BOOST_ERROR(url << " was taken");
        } catch (const ValueError& e) {
            const std::string text = e.message();
            BOOST_TEST_CONTEXT(text)
            {
                BOOST_TEST(text.find("HF_ENDPOINT") != std::string::npos);
                BOOST_TEST(text.find("HF_ENDPOINT") == text.rfind("HF_ENDPOINT"));
                BOOST_TEST(text.find("u:p") == std::string::npos);
            }
        }
}

BOOST_AUTO_TEST_CASE(the_endpoint_loses_its_slash_and_copies_share)
{
    HubOptions options;
    options.endpoint = "https://hub.example/base/";
    const Hub hub(std::move(options));
    BOOST_TEST(hub.options().endpoint == "https://hub.example/base");
    const Hub copy = hub;
    BOOST_TEST((copy.state() == hub.state()));
}

BOOST_AUTO_TEST_SUITE_END()
