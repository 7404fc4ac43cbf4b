namespace Hydra.Soak;

public sealed class ScheduleKillTests(ITestOutputHelper output) : ScheduleKillScene(output)
{
    [Fact]
    public Task Every_second_starts_one_execution_whatever_happens_to_the_workers() => FireAsync(_ => []);
}
