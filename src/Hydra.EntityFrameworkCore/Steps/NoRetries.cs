using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Hydra.EntityFrameworkCore.Steps;

/// <summary>A strategy that repeats nothing, and within which no other does.</summary>
internal sealed class NoRetries(DbContext context)
    : ExecutionStrategy(context, maxRetryCount: 0, maxRetryDelay: TimeSpan.Zero)
{
    /// <summary>Does work that the context's own strategy must not repeat.</summary>
    public static async Task<T> RunAsync<T>(DbContext context, Func<Task<T>> work)
    {
        Current = new NoRetries(context); // Of this flow only, so it ends with this method.
        return await work();
    }

    protected override bool ShouldRetryOn(Exception exception) => false;
}
