namespace Hydra.Tests;

public class ProjectTests
{
    [Fact]
    public void The_engine_is_referenced() => Assert.Equal("Hydra", System.Reflection.Assembly.Load("Hydra").GetName().Name);
}
