using Hydra.Soak.Support;
using UglyToad.PdfPig;

namespace Hydra.Soak;

/// <summary>The sample with a PDF that may fail: everybody is billed once, and each PDF is a whole one.</summary>
public class BillingTests(ITestOutputHelper output) : SampleTest(output)
{
    private protected override string Program => Programs.Billing;

    private protected override IReadOnlyList<string> Effects =>
    [
        "close-month ada", "send ada", "billed ada",
        "close-month bob", "send bob", "billed bob",
        "close-month cleo", "send cleo", "billed cleo",
    ];

    private protected override IReadOnlyList<string> Results =>
    [
        "Customer = ada, Total = 24.50, Sent = with invoices/ada-November.pdf",
        "Customer = bob, Total = 24.50, Sent = with invoices/bob-November.pdf",
        "Customer = cleo, Total = 185.40, Sent = as text",
    ];

    private protected override void CheckStory(string story)
    {
        Assert.Contains("bob  render-pdf, try 1: The printer's font is in use. It is tried again.", story);
        Assert.Contains("cleo  render-pdf failed: The printer's font is in use.", story);
    }

    private protected override void CheckFiles()
    {
        var folder = Path.Combine(Scene.Root, "invoices");
        var files = Directory.GetFiles(folder, "*.pdf").Select(Path.GetFileName).Order();
        using var bill = PdfDocument.Open(Path.Combine(folder, "ada-November.pdf"));

        Assert.Equal(["ada-November.pdf", "bob-November.pdf"], files);
        Assert.Contains("Total 24.50", bill.GetPage(1).Text, StringComparison.Ordinal);
    }
}
