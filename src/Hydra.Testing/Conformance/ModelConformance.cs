namespace Hydra.Testing;

/// <summary>Random sequences of calls from several sessions have the same answers and effects as in memory.</summary>
internal sealed class ModelConformance(StoreHarness harness) : StoreTest(harness)
{
    [Case]
    public async Task Random_sequences_go_as_in_memory() =>
        ModelRun.AssertNone(await ModelRun.FindAsync(Harness, Harness.ModelRuns, OpenAsync, scans: false));

    [Case]
    public async Task Calls_made_at_once_go_as_if_made_one_after_the_other() =>
        ModelRun.AssertNone(await ModelRun.FindUnexplainedAsync(Harness, Harness.ModelRuns / 4, OpenAsync));

    [Case]
    public async Task Claims_beside_everything_else_take_each_once_and_leave_nothing() =>
        ModelRun.AssertNone(await ModelRun.FindInCrowdAsync(Harness, Math.Max(1, Harness.ModelRuns / 8), OpenAsync));

    private async Task<ModelSubject> OpenAsync()
    {
        var fresh = Harness.CreateEmpty();
        return new ModelSubject(fresh, [await ModelSide.OpenAsync(fresh), ModelSide.InMemory(fresh.Clock)]);
    }
}
