using Hydra.Soak.Servers;

namespace Hydra.Soak;

public sealed class PostgreSqlClockTests(ITestOutputHelper output) : ServerClockTests(output)
{
    private protected override SoakServer CreateServer() => new PostgreSqlSoakServer();
}
