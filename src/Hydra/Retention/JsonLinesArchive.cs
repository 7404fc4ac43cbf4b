using System.Text;
using Hydra.Engine;
using Hydra.Engine.Pruning;

namespace Hydra;

/// <summary>
/// An archive in a file: one line of JSON for each execution, as <see cref="ExecutionJson"/> writes it.
/// </summary>
/// <remarks>
/// The file is made readable and writable for its owner alone, and flushed to the disk, as its folder is. It is open
/// only from the first line of a piece to its flush; who finds it open elsewhere fails, and nothing is deleted. What a
/// process that died has left of a line is cut off by the next: that execution was not deleted. A file that begins
/// otherwise than an archive is left as it is. The values in it are those that people see: what is sensitive is masked.
/// </remarks>
/// <param name="path">Where the file is, or is to be.</param>
public sealed class JsonLinesArchive(string path) : IExecutionArchive, IAsyncDisposable
{
    private const int Block = 4096;

    private static ReadOnlySpan<byte> Beginning => "{\"id\":\""u8; // Of every line.

    private FileStream? _file;

    /// <summary>Brings the entries of a folder to the disk.</summary>
    internal Action<string> FlushFolder { get; init; } = Folders.Flush;

    /// <inheritdoc/>
    /// <exception cref="IOException">The file cannot be opened or written, or is no archive.</exception>
    /// <exception cref="PayloadException">The execution cannot be written as JSON.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public Task AppendAsync(ExecutionDetails execution, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(execution);
        return EngineRuntime.LeaveContext(() => AppendCoreAsync(execution, cancellationToken));
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The file cannot be written to the disk.</exception>
    public Task FlushAsync(CancellationToken cancellationToken) =>
        EngineRuntime.LeaveContext(() => FlushCoreAsync(cancellationToken));

    /// <summary>Closes the file.</summary>
    public ValueTask DisposeAsync() => EngineRuntime.LeaveContext(CloseAsync);

    private async Task AppendCoreAsync(ExecutionDetails execution, CancellationToken cancellationToken)
    {
        var line = Format(execution);
        _file ??= Open();
        try
        {
            await _file.WriteAsync(line, cancellationToken);
        }
        catch
        {
            await CloseAsync();
            throw;
        }
    }

    private async Task FlushCoreAsync(CancellationToken cancellationToken)
    {
        if (_file is not { } file)
        {
            return;
        }

        try
        {
            await file.FlushAsync(cancellationToken);
            file.Flush(flushToDisk: true);
            FlushFolder(FolderOf(path)); // The file may be new, or a process that died before has made it.
        }
        finally
        {
            await CloseAsync();
        }
    }

    private async ValueTask CloseAsync()
    {
        if (_file is { } file)
        {
            _file = null;
            await file.DisposeAsync();
        }
    }

    /// <summary>The folder that has the file, whatever links lead to it.</summary>
    private static string FolderOf(string path)
    {
        var target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
        return Path.GetDirectoryName(target)!;
    }

    private static byte[] Format(ExecutionDetails execution)
    {
        try
        {
            return Encoding.UTF8.GetBytes(ExecutionJson.Format(execution) + "\n");
        }
        catch (Exception e) when (e is not HydraException)
        {
            throw WithheldMessages.Withheld(new PayloadException(
                $"Execution {execution.Row.Id} cannot be written as JSON: {e.Message}", e));
        }
    }

    private FileStream Open()
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var file = new FileStream(path, options);
        try
        {
            EnsureArchive(file);
            file.SetLength(EndOfLines(file));
            file.Seek(0, SeekOrigin.End);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <exception cref="IOException">It is somebody else's file.</exception>
    private void EnsureArchive(FileStream file)
    {
        var begins = new byte[Math.Min(file.Length, Beginning.Length)];
        file.ReadExactly(begins);
        if (!Beginning.StartsWith(begins))
        {
            throw new IOException(
                $"{path} is no archive of executions: it begins otherwise, and is left as it is. Name another file.");
        }
    }

    /// <summary>Where the last whole line ends.</summary>
    private static long EndOfLines(FileStream file)
    {
        var block = new byte[Block];
        for (var end = file.Length; end > 0;)
        {
            var start = Math.Max(0, end - Block);
            var read = block.AsSpan(0, (int)(end - start));
            file.Seek(start, SeekOrigin.Begin);
            file.ReadExactly(read);
            if (read.LastIndexOf((byte)'\n') is var at and >= 0)
            {
                return start + at + 1;
            }

            end = start;
        }

        return 0;
    }
}
