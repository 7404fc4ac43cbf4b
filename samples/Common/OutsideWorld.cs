using System.Text;
using System.Text.Json;
using Hydra;

namespace Samples;

/// <summary>What workflows act upon, such as a bank: a file with a line for each effect stands for it.</summary>
/// <remarks>
/// The body of a step runs at least once: when the process dies after the money has moved and before the step was
/// recorded, the body runs again. So each request carries a key, the execution and the step, and what was done for that
/// key is answered again instead of being done again. Real services take such a key under the name of idempotency key;
/// with one that takes none, ask what was done before you do it again. Safe from many threads and processes at once.
/// </remarks>
/// <param name="path">The file.</param>
/// <param name="pace">How long a request takes.</param>
public sealed class OutsideWorld(string path, TimeSpan pace)
{
    private static readonly TimeSpan LockRetry = TimeSpan.FromMilliseconds(10);

    /// <summary>Does something from the body of a step, once however often the body runs.</summary>
    /// <param name="action">What is done.</param>
    /// <param name="subject">What it is done for.</param>
    /// <param name="work">
    /// Says what was done, given all that was done before; null when there is nothing to do. What it throws is not
    /// done.
    /// </param>
    /// <param name="cancellationToken">The token of the step.</param>
    /// <returns>Null when there was nothing to do.</returns>
    public async Task<Effect?> DoAsync(
        string action,
        string subject,
        Func<IReadOnlyList<Effect>, string?> work,
        CancellationToken cancellationToken)
    {
        var step = StepContext.Current ?? throw new InvalidOperationException("The world is asked by steps only.");
        var key = $"{step.ExecutionId}/{step.StepKey}";
        await Task.Delay(pace / 2, cancellationToken);
        var effect = await DoOnceAsync(key, action, subject, work, cancellationToken);

        // The answer takes its time as well. Who dies now has done it and does not know it.
        await Task.Delay(pace / 2, cancellationToken);
        return effect;
    }

    private async Task<Effect?> DoOnceAsync(
        string key,
        string action,
        string subject,
        Func<IReadOnlyList<Effect>, string?> work,
        CancellationToken cancellationToken)
    {
        await using var file = await OpenAsync(cancellationToken);
        var done = await ReadAsync(file, cancellationToken);
        if (done.FirstOrDefault(effect => effect.Key == key) is { } before)
        {
            return before;
        }

        if (work(done) is not { } detail)
        {
            return null;
        }

        var effect = new Effect(key, action, subject, detail);
        await file.WriteAsync(
            (byte[])[.. JsonSerializer.SerializeToUtf8Bytes(effect, JsonSerializerOptions.Web), (byte)'\n'],
            cancellationToken);
        file.Flush(flushToDisk: true);
        return effect;
    }

    /// <summary>Opens the file for this request alone.</summary>
    private async Task<FileStream> OpenAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path)) // Another request has it open.
            {
                await Task.Delay(LockRetry, cancellationToken);
            }
        }
    }

    /// <summary>Reads the effects and leaves the stream behind the last whole line; a torn one never was.</summary>
    private static async Task<List<Effect>> ReadAsync(FileStream file, CancellationToken cancellationToken)
    {
        var bytes = new byte[file.Length];
        await file.ReadExactlyAsync(bytes, cancellationToken);
        var whole = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        file.SetLength(whole);
        file.Position = whole;
        return
        [
            .. Encoding.UTF8.GetString(bytes, 0, whole)
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(static line => JsonSerializer.Deserialize<Effect>(line, JsonSerializerOptions.Web)!),
        ];
    }
}
