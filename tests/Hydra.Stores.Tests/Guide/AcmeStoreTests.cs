namespace Hydra.Stores.Tests;

public sealed class AcmeStoreTests
{
    public static TheoryData<string> Cases => [.. StoreConformance.Cases.Select(one => one.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_store_conforms(string name)
    {
        var notApplicable = await StoreConformance.Named(name).RunAsync(
            new AcmeHarness(), TestContext.Current.CancellationToken);
        Assert.SkipWhen(notApplicable is not null, notApplicable ?? "");
    }
}
