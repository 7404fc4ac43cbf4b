namespace Hydra.Stores.Tests;

/// <summary>What the guide for authors of stores shows is what is compiled and run here.</summary>
public sealed class GuideTests
{
    [Fact]
    public void The_guide_shows_code_that_is_compiled_and_run()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Hydra.slnx")))
        {
            root = root.Parent ?? throw new FileNotFoundException("No folder above holds Hydra.slnx.");
        }

        var guide = File.ReadAllText(Path.Combine(root.FullName, "docs/guides/writing-a-store.md"));
        var sources = Directory.GetFiles(Path.Combine(root.FullName, "tests/Hydra.Stores.Tests/Guide"), "*.cs")
            .Select(File.ReadAllText).ToList();
        var shown = guide.Split("```csharp\n").Skip(1)
            .Select(block => block[..block.IndexOf("```", StringComparison.Ordinal)])
            .ToList();

        Assert.NotEmpty(shown);
        Assert.All(
            shown, block => Assert.Contains(sources, source => source.EndsWith(block, StringComparison.Ordinal)));
    }
}
