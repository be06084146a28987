#include <hfasync/emulator/emulator.hpp>

#include <iostream>

int main()
{
    const hfasync::emulator::Emulator hub;
    std::cout << hub.endpoint() << '\n';
}
