using System.Buffers;
using System.Text.Json;

namespace Hydra.Cli;

/// <summary>Reads the input of an execution: JSON in the argument, in a file (@file) or on stdin (-).</summary>
internal static class JsonInput
{
    /// <summary>Reads the input in the compact form in which a program of the user's would write it.</summary>
    /// <remarks>So a start from here and one from there have equal inputs, which an idempotency key compares.</remarks>
    /// <exception cref="UsageException">There is no such file, or it is no JSON.</exception>
    public static Payload Read(string? input, TextReader standardInput, int version = 0)
    {
        if (input is null)
        {
            return default;
        }

        var (text, source) = input switch
        {
            "-" => (standardInput.ReadToEnd(), "Standard input"),
            ['@', .. var path] => (ArgumentFile.Read(path, "--input"), path),
            _ => (input, "The --input"),
        };
        try
        {
            using var document = JsonDocument.Parse(text);
            var buffer = new ArrayBufferWriter<byte>();
            using (var writer = new Utf8JsonWriter(buffer))
            {
                document.WriteTo(writer);
            }

            return Payload.Create(buffer.WrittenSpan, version: version);
        }
        catch (JsonException e)
        {
            throw new UsageException($"{source} is not valid JSON: {e.Message}");
        }
        catch (InvalidOperationException) // Half of a surrogate pair, which is a character in no encoding.
        {
            throw new UsageException(
                $"{source} is not valid JSON: a text in it has an escape such as \\ud800 without the other half.");
        }
    }
}
