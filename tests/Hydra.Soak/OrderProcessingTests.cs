using Hydra.Soak.Support;

namespace Hydra.Soak;

/// <summary>The sample that undoes what it cannot finish: nothing is taken twice or kept that is owed.</summary>
public class OrderProcessingTests(ITestOutputHelper output) : SampleTest(output)
{
    private protected override string Program => Programs.OrderProcessing;

    private protected override IReadOnlyList<string> Effects =>
    [
        "reserve A-1", "charge A-1", "ship A-1", "mail A-1",
        "reserve A-2", "release A-2", "mail A-2",
        "reserve A-3", "charge A-3", "refund A-3", "release A-3", "mail A-3",
        "mail A-4",
    ];

    private protected override IReadOnlyList<string> Results =>
    [
        "Number = A-1, Status = shipped, Detail = parcel 1 to London",
        "Number = A-2, Status = cancelled, Detail = The card was declined.",
        "Number = A-3, Status = cancelled, Detail = No carrier goes to Atlantis.",
        "Number = A-4, Status = cancelled, Detail = There are only 10 of desk.",
    ];

    [Fact]
    public async Task An_order_that_is_cancelled_half_way_through_is_undone()
    {
        var killed = Start("--pace", "1s");
        await Eventually.HoldsAsync("It is charged", () => killed.HasExited || Done().Contains("charge A-1"));
        killed.Kill();
        await killed.ExitAsync();
        var order = (await Scene.HydraJsonAsync("list")).EnumerateArray()
            .Single(row => row.GetProperty("key").GetString() == "A-1").GetProperty("id").GetString()!;

        var cancelled = await Scene.HydraJsonAsync("cancel", order);
        var sample = await EndAsync(Start());

        Assert.Equal("requested", cancelled.GetProperty("outcome").GetString());
        var done = Done().Where(effect => effect.EndsWith("A-1", StringComparison.Ordinal)).ToList();
        string[] undone = done.Contains("ship A-1")
            ? ["reserve A-1", "charge A-1", "ship A-1", "recall A-1", "refund A-1", "release A-1", "mail A-1"]
            : ["reserve A-1", "charge A-1", "refund A-1", "release A-1", "mail A-1"];
        Assert.Equal(undone, done);
        Assert.Contains("A-1  cancelled", sample.Output);
        Assert.Contains("A-1 ended as cancelled.", sample.Output);
        Assert.Contains(Results[1], sample.Output);
        var shown = await Scene.HydraJsonAsync("show", order);
        Assert.Equal("cancelled", shown.GetProperty("state").GetString());
    }

    private protected override void CheckStory(string story)
    {
        Assert.Contains("A-1  charge, try 1: The bank has not answered. It is tried again.", story);
        Assert.Contains("A-2  refund: \"nothing was charged\"", story);
        Assert.Contains("A-3  refund: \"310 of cleo\"", story);
    }
}
