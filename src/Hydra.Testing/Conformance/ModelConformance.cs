namespace Hydra.Testing;

/// <summary>Random sequences of calls from several sessions have the same answers and effects as in memory.</summary>
internal sealed class ModelConformance(StoreHarness harness) : StoreTest(harness)
{
    [Case]
    public async Task Random_sequences_go_as_in_memory() =>
        ModelRun.AssertNone(await ModelRun.FindAsync(Harness, Harness.ModelRuns, OpenAsync, scans: false));

    private async Task<ModelSubject> OpenAsync()
    {
        var fresh = Harness.CreateAnother();
        var subject = await fresh.OpenAsync();
        return new ModelSubject(fresh, [subject, new InMemoryWorkflowStore("tests", fresh.Clock)]);
    }
}
