using Hydra.Soak.Servers;
using Hydra.Soak.Support;

namespace Hydra.Soak;

/// <summary>The same on a server, by workers of which some are on machines that are an hour ahead, or behind.</summary>
public abstract class ServerScheduleKillTests(ITestOutputHelper output) : ScheduleKillScene(output)
{
    [Fact]
    public async Task Every_second_starts_one_execution_whatever_clocks_of_workers_show()
    {
        Assert.SkipUnless(Full, "It takes three minutes: ./test.sh --full runs it.");
        Assert.True(FakedTime.Library is not null, "libfaketime is not installed, without which this tells little.");
        Scene.Url = Scene.Keep(CreateServer()).Url;

        await FireAsync(static number => (number % 3) switch
        {
            1 => FakedTime.Variables(("FAKETIME", "+1h")),
            2 => FakedTime.Variables(("FAKETIME", "-1h")),
            _ => [],
        });
    }

    private protected abstract SoakServer CreateServer();
}
