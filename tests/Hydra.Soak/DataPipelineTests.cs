using Hydra.Soak.Support;

namespace Hydra.Soak;

/// <summary>The sample with many sources at once: each is read once, and a report is published once or never.</summary>
public class DataPipelineTests(ITestOutputHelper output) : SampleTest(output)
{
    private protected override string Program => Programs.DataPipeline;

    private protected override IReadOnlyList<string> Effects =>
    [
        "fetch monday/london", "fetch monday/paris", "fetch monday/oslo", "fetch monday/rome", "fetch monday/lima",
        "publish monday", "fetch tuesday/paris", "fetch tuesday/oslo",
    ];

    private protected override IReadOnlyList<string> Results =>
    [
        "monday: Report { Night = monday, Shops = 5, Amount = 2300, Missing = cairo }",
        "Only 2 of 6 shops have answered.",
    ];

    private protected override void CheckStory(string story)
    {
        Assert.Contains("monday  fetch-rome, try 1: rome has not answered. It is tried again.", story);
        Assert.Contains("monday  fetch-cairo failed: cairo is down.", story);
    }
}
