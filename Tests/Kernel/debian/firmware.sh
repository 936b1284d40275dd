# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# A machine with Secure Boot: Debian's shim, which the firmware knows by Microsoft's key, starts GRUB, and that the kernel.
# Sourced by boot.sh, from the root of the project.
#
# It is the real thing but for the enrolment of keys, which is written into the firmware's memory instead of confirmed in
# shim's menu.

source Scripts/debian.sh

give_up() {
  printf '%s\n' "$1" >&2
  exit 69
}

# secure_boot FOLDER KERNEL INITRD CERTIFICATE PARAMETERS: makes what the machine starts from, in the folder, with the
# certificate enrolled unless its name is empty, and puts the arguments for qemu into `machine`.
secure_boot() {
  local folder=$1 kernel=$2 initrd=$3 certificate=$4 parameters=$5 parts=$PWD/.build/kernel/firmware
  if [[ ! -e $parts/.complete ]]; then
    debian_update
    debian_unpack "$parts" ovmf shim-signed grub-efi-amd64-signed mtools dosfstools
    debian_done
    touch "$parts/.complete"
  fi
  local disk=$folder/esp memory=$folder/variables
  cat >"$folder/grub.cfg" <<GRUB
serial
terminal_output serial
linux /kernel $parameters
initrd /initrd
boot
GRUB
  truncate -s 64M "$disk"
  "$parts/sbin/mkfs.fat" -F 32 "$disk" >/dev/null
  dos() { "$parts/usr/bin/mtools" -c "$1" -i "$disk" "${@:2}"; }
  dos mmd ::/EFI ::/EFI/BOOT ::/EFI/debian
  dos mcopy "$parts/usr/lib/shim/shimx64.efi.signed" ::/EFI/BOOT/BOOTX64.EFI
  dos mcopy "$parts/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed" ::/EFI/BOOT/grubx64.efi
  dos mcopy "$folder/grub.cfg" ::/EFI/debian/grub.cfg
  dos mcopy "$kernel" ::/kernel
  dos mcopy "$initrd" ::/initrd
  cp "$parts/usr/share/OVMF/OVMF_VARS_4M.ms.fd" "$memory"
  [[ -z $certificate ]] || Tests/Kernel/debian/enroll.py "$memory" "$certificate"
  # shellcheck disable=SC2034
  machine=(
    -machine "q35,smm=on" -global "driver=cfi.pflash01,property=secure,value=on"
    -drive "if=pflash,format=raw,unit=0,file=$parts/usr/share/OVMF/OVMF_CODE_4M.secboot.fd,readonly=on"
    -drive "if=pflash,format=raw,unit=1,file=$memory" -drive "file=$disk,format=raw,if=virtio"
  )
}
