using Hydra.Soak.Servers;

namespace Hydra.Soak;

public sealed class MySqlClockTests(ITestOutputHelper output) : ServerClockTests(output)
{
    private protected override SoakServer CreateServer() => new MySqlSoakServer();
}
