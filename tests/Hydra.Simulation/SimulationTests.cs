using Hydra.Simulation.Worlds;

namespace Hydra.Simulation;

public class SimulationTests
{
    [Fact]
    public void One()
    {
        for (var seed = 1ul; seed < 200; seed++)
        {
            var scenario = new Scenario(seed, traced: false);
            scenario.Run();
            if (scenario.World.Violation is { } violation)
            {
                var again = new Scenario(seed, traced: true);
                again.Run();
                Assert.Fail($"seed {seed}: {violation}\n{string.Join('\n', again.World.Tail)}\n{again.World.Violation}");
            }
        }
    }
}
