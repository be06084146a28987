// docs/guides/proxies-and-tls.md: a CA of one's own, proxies, time-outs.
#include <hfasync/emulator/emulator.hpp>
#include <hfasync/hfasync.hpp>
#include <iostream>

using namespace std::chrono_literals;

//[proxy
hfasync::HubOptions behind_a_proxy()
{
    auto options = hfasync::HubOptions::from_env(); // HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE ...
    options.proxy.https = "http://user:secret@proxy.example:3128";
    options.proxy.no_proxy = {"localhost", "127.0.0.1", ".internal.example"};
    return options;
}
//]

//[timeouts
hfasync::HubOptions impatient()
{
    auto options = hfasync::HubOptions::from_env();
    options.timeouts.connect = 2s;
    options.timeouts.first_byte = 15s;
    options.timeouts.idle = 5s;     // a body that stands still for so long is resumed on a new connection
    options.timeouts.total = 10min; // of one call with its retries
    options.retry.max_retries = 3;
    return options;
}
//]

int main()
{
    hfasync::emulator::Emulator server({.tls = true});
    server.seed_repo("acme/tiny", {{"config.json", "{}"}});

    //[ca
    hfasync::HubOptions options;
    options.endpoint = server.endpoint(); // https://...
    options.token = server.token();
    options.tls.ca_file = server.ca_file(); // in place of the system's; ca_pem adds to them
    hfasync::Hub hub(options);
    const auto model = hub.block_on(hfasync::HfApi(hub).model_info("acme/tiny"));
    //]
    std::cout << model.id << " over TLS\n";

    //[refused
    options.tls.ca_file.reset(); // the system's do not know this server
    options.retry.max_retries = 0;
    hfasync::Hub careful(options);
    const auto refused =
        careful.block_on(hfasync::as_result(hfasync::HfApi(careful).model_info("acme/tiny")));
    if (refused.error() == hfasync::errc::tls_failed) std::cout << refused.message() << "\n";
    //]
    hfasync::Hub proxied(behind_a_proxy());
    hfasync::Hub quick(impatient());
    return refused.error() == hfasync::errc::tls_failed ? 0 : 1;
}
