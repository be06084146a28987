#include <hfasync/hfasync.hpp>

#include <iostream>

int main()
{
    const hfasync::Hub hub(hfasync::HubOptions{.endpoint = "http://127.0.0.1:9", .offline = true});
    if (hub.options().endpoint != "http://127.0.0.1:9") return 1;
    std::cout << "hfasync " << HFASYNC_VERSION << '\n';
}
