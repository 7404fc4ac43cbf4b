using System.Text;
using Hydra.Engine;
using Hydra.Storage;

namespace Hydra.Tests.Payloads;

/// <summary>Payloads as they are stored: compressed, encrypted for one place, and read back nowhere else.</summary>
public class PayloadCodecTests
{
    private const int Limit = 10_000;

    private static readonly ExecutionId Id = ExecutionId.Create(1, UInt128.One << 64, 1);
    private static readonly ExecutionId Other = ExecutionId.Create(1, UInt128.One << 65, 1);
    private static readonly EncryptionKey Old = EncryptionKey.Generate("k1");
    private static readonly EncryptionKey New = EncryptionKey.Generate("k2");
    private static readonly Payload Plain = Payload.Create("""{"secret":"canary"}"""u8);
    private static readonly Payload Long =
        Payload.Create(Encoding.UTF8.GetBytes(new string('a', 5_000)), "text/plain", 7);
    private static readonly StepTry Try = new() { Key = "charge", Attempt = 1, Epoch = 2, Phase = TryPhase.Failed };

    private static readonly PayloadPlace Place = PayloadPlace.OfOutput(Id, Entry(3));

    [Theory]
    [InlineData(true, null)]
    [InlineData(true, 100)]
    [InlineData(false, 100)]
    public void What_is_encoded_is_read_back_as_it_was(bool encrypts, int? from)
    {
        var codec = Codec(encrypts ? new KeyRing(Old) : null, from);
        foreach (var payload in new[] { Plain, Long, Payload.Create([]), default })
        {
            var stored = Payload.FromStore(codec.Encode(payload, Place).Envelope.ToArray());

            Assert.Equal((payload.ContentType, payload.Version), (stored.ContentType, stored.Version));
            Assert.Equal(payload, codec.Decode(stored, Place));
        }
    }

    [Fact]
    public void An_encrypted_payload_tells_its_key_and_nothing_of_its_data()
    {
        var codec = Codec(new KeyRing(Old));
        var stored = codec.Encode(Plain, Place);

        Assert.Equal("k1", stored.KeyId);
        Assert.True(stored.Hash.IsEmpty);
        Assert.False(stored.HasSamePlaintext(codec.Encode(Plain, Place)));
        Assert.Equal(-1, stored.Envelope.Span.IndexOf("canary"u8));
        Assert.NotEqual(stored, codec.Encode(Plain, Place)); // Never the same twice.
        Assert.Contains("'k1'", stored.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_what_gets_smaller_is_compressed()
    {
        var codec = Codec(null, from: 10);
        var noise = new byte[100];
        new Random(1).NextBytes(noise);

        Assert.Equal(Payload.Compressed, codec.Encode(Long, Place).CodecId);
        Assert.True(codec.Encode(Long, Place).Length < 200);
        Assert.True(codec.Encode(Long, Place).HasSamePlaintext(Long));
        Assert.Equal(0, codec.Encode(Payload.Create(noise), Place).CodecId);
        Assert.Equal(0, Codec(null, from: 5_001).Encode(Long, Place).CodecId);
    }

    [Fact]
    public void A_payload_is_read_in_its_own_place_alone()
    {
        var codec = Codec(new KeyRing(Old));
        var stored = codec.Encode(Plain, Place);
        PayloadPlace[] places =
        [
            PayloadPlace.OfOutput(Id, Entry(4)), PayloadPlace.OfInput(Id, Entry(3)), PayloadPlace.OfEnd(Id),
            PayloadPlace.OfOutput(Other, Entry(3)), PayloadPlace.Of(Id, Try, "output"),
            PayloadPlace.OfDifference(Id, "b"),
        ];

        Assert.All(places, place =>
        {
            var refused = Assert.Throws<PayloadException>(() => codec.Decode(stored, place));
            Assert.Contains(place.Name, refused.Message, StringComparison.Ordinal);
            Assert.Contains(place.Execution.ToString(), refused.Message, StringComparison.Ordinal);
        });
        Assert.Throws<PayloadException>(() => Codec(new KeyRing(Old), name: "other").Decode(stored, Place));
    }

    [Fact]
    public void The_rows_of_one_step_have_places_of_their_own()
    {
        StepTry[] rows = [Try, Try with { Key = "ship" }, Try with { Attempt = 2 }, Try with { Epoch = 3 },
            Try with { Phase = TryPhase.Abandoned }];

        var names = rows.Select(row => PayloadPlace.Of(Id, row, "input").Name)
            .Concat(rows.Select(row => PayloadPlace.Of(Id, row, "output").Name))
            .ToList();

        Assert.Equal(names.Count, names.Distinct().Count());
    }

    [Fact]
    public void Every_changed_byte_is_noticed()
    {
        var codec = Codec(new KeyRing(Old), from: 1);
        var stored = codec.Encode(Long, Place).Envelope.ToArray();
        for (var i = 0; i < stored.Length; i++)
        {
            var changed = stored.ToArray();
            changed[i] ^= 1;
            var payload = Payload.FromStore(changed);
            if (payload.IsEncoded) // Else it is no envelope, or plain: then it does not say what it was.
            {
                Assert.Throws<PayloadException>(() => codec.Decode(payload, Place));
            }
        }
    }

    [Fact]
    public void A_ring_reads_what_its_older_keys_have_written()
    {
        var before = Codec(new KeyRing(Old)).Encode(Plain, Place);
        var rotated = Codec(new KeyRing(New, Old));

        Assert.Equal(Plain, rotated.Decode(before, Place));
        Assert.Equal("k2", rotated.Encode(Plain, Place).KeyId);
    }

    [Fact]
    public void A_missing_key_is_told_by_name_with_what_to_do()
    {
        var stored = Codec(new KeyRing(Old)).Encode(Plain, Place);

        var other = Assert.Throws<PayloadException>(() => Codec(new KeyRing(New)).Decode(stored, Place));
        var none = Assert.Throws<PayloadException>(() => Codec(null).Decode(stored, Place));

        Assert.Contains("encrypted with key 'k1', which this engine does not have (it has k2)", other.Message,
            StringComparison.Ordinal);
        Assert.Contains("Add it to the key ring", none.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_key_of_the_same_name_is_not_taken_for_it()
    {
        var stored = Codec(new KeyRing(Old)).Encode(Plain, Place);

        var refused = Assert.Throws<PayloadException>(
            () => Codec(new KeyRing(EncryptionKey.Generate("k1"))).Decode(stored, Place));

        Assert.Contains("does not decrypt with key 'k1'", refused.Message, StringComparison.Ordinal);
        Assert.NotEqual(
            Codec(new KeyRing(Old)).KeysName, Codec(new KeyRing(EncryptionKey.Generate("k1"))).KeysName);
        Assert.Equal(Codec(new KeyRing(Old, New)).KeysName, Codec(new KeyRing(New, Old)).KeysName);
    }

    [Fact]
    public void A_payload_that_would_become_too_large_is_refused_before_it_takes_memory()
    {
        var codec = Codec(null, from: 1);
        var bomb = Codec(null, from: 1, limit: 1 << 30)
            .Encode(Payload.Create(new byte[Limit + 1]), Place);
        var liar = Long.Encode(Payload.Compressed, default, 10, out var room);
        "\0\0\0\u0001"u8.CopyTo(room); // It says to be a byte long, and is not.

        var refused = Assert.Throws<PayloadException>(() => codec.Decode(bomb, Place));

        Assert.Contains("at most", refused.Message, StringComparison.Ordinal);
        Assert.Throws<PayloadException>(() => codec.Decode(liar, Place));
        Assert.Throws<PayloadException>(
            () => codec.Decode(Long.Encode(Payload.Compressed, default, 2, out _), Place));
    }

    [Fact]
    public void What_a_newer_version_has_encoded_is_refused_and_not_misread()
    {
        var newer = Plain.Encode(codec: 8, default, 10, out _);

        var refused = Assert.Throws<PayloadException>(() => Codec(new KeyRing(Old)).Decode(newer, Place));

        Assert.Contains("newer", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_encoded_cannot_be_written_to_another_place()
    {
        var codec = Codec(new KeyRing(Old));
        var stored = codec.Encode(Plain, Place);

        Assert.Throws<PayloadException>(() => codec.Encode(stored, PayloadPlace.OfEnd(Id)));
    }

    [Fact]
    public void The_hash_of_an_input_shows_nothing_without_the_key_and_lasts_over_a_rotation()
    {
        var (old, rotated) = (Codec(new KeyRing(Old)), Codec(new KeyRing(New, Old)));

        Assert.Equal(old.HashOf("4711", Id, "a"), old.HashOf("4711", Other, "a"));
        Assert.NotEqual("4711", old.HashOf("4711", Id, "a"));
        Assert.NotEqual(old.HashOf("4711", Id, "a"), old.HashOf("4711", Id, "b"));
        Assert.NotEqual(old.HashOf("4711", Id, null), old.HashOf("4711", Other, null));
        Assert.NotEqual(old.HashOf("4711", Id, "a"), old.HashOf("4712", Id, "a"));
        Assert.NotEqual(old.HashOf("4711", Id, "a"), rotated.HashOf("4711", Id, "a"));
        Assert.Contains(old.HashOf("4711", Id, "a"), rotated.OlderHashesOf("4711", Id, "a"));
        Assert.Contains("4711", rotated.OlderHashesOf("4711", Id, "a")); // Of before there were keys.
        Assert.Equal("4711", Codec(null).HashOf("4711", Id, "a"));
    }

    private static PayloadCodec Codec(KeyRing? keys, int? from = null, int limit = Limit, string name = "tests") =>
        new(name, keys, from, limit);

    private static JournalEntry Entry(long seq) =>
        new() { Seq = seq, Kind = EntryKind.Step, Key = "charge", At = default, Epoch = 1 };
}
