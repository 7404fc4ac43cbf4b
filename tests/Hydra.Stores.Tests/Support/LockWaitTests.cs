using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>Nothing that waits for a lock may outlive the lease. No server is there, so nothing opens.</summary>
public sealed class LockWaitTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1.5, 3, true)]
    [InlineData(1.5, 2.9, false)]
    public Task PostgreSql_waits_for_half_of_the_claim_timeout_at_most(double wait, double claimTimeout, bool fits) =>
        OpenAsync(
            hydra => hydra.UsePostgreSql(
                "Host=127.0.0.1;Port=1;Database=x",
                options => options with { LockTimeout = TimeSpan.FromSeconds(wait) }),
            claimTimeout,
            fits ? null : "waits up to 00:00:01.5000000 for a lock");

    [Theory]
    [InlineData(1.5, 4, true)]
    [InlineData(1.5, 3.9, false)] // It counts in whole seconds.
    public Task MySql_waits_for_half_of_the_claim_timeout_at_most(double wait, double claimTimeout, bool fits) =>
        OpenAsync(
            hydra => hydra.UseMySql(
                "Server=127.0.0.1;Port=1;Database=x",
                options => options with { LockTimeout = TimeSpan.FromSeconds(wait) }),
            claimTimeout,
            fits ? null : "waits up to 00:00:02 for a lock");

    private static async Task OpenAsync(Action<HydraBuilder> useStore, double claimTimeout, string? refusal)
    {
        var opening = HydraEngine.OpenAsync(
            hydra =>
            {
                useStore(hydra);
                hydra.ClientPatience = TimeSpan.Zero;
                hydra.AddWorkflow("test", (WorkflowContext _, int _) => Task.FromResult(1));
                hydra.AddWorker(worker => worker with
                {
                    ClaimTimeout = TimeSpan.FromSeconds(claimTimeout),
                    HeartbeatInterval = TimeSpan.FromSeconds(claimTimeout / 4),
                });
            },
            Token);

        if (refusal is null)
        {
            Assert.Equal(StoreErrorKind.NotSent, (await Assert.ThrowsAsync<StoreException>(() => opening)).Kind);
        }
        else
        {
            var thrown = await Assert.ThrowsAsync<ArgumentException>(() => opening);
            Assert.Contains(refusal, thrown.Message, StringComparison.Ordinal);
        }
    }
}
