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

    private protected override void CheckStory(string story)
    {
        Assert.Contains("A-1  charge, try 1: The bank has not answered. It is tried again.", story);
        Assert.Contains("A-2  refund: \"nothing was charged\"", story);
        Assert.Contains("A-3  refund: \"310 of cleo\"", story);
    }
}
